//! Territories: who they are, whose they are, and which of them stand together.
//!
//! The table names every ISO 3166-1 entry and its sovereign, because a dependency is not foreign to its
//! sovereign's other lands: France and French Polynesia are not abroad to each other. The choices that a
//! reader could question: the Cook Islands, Niue and Tokelau count as New Zealand's, the Crown Dependencies
//! as the United Kingdom's, Hong Kong and Macao as China's; Western Sahara, Palestine, Kosovo and Taiwan
//! stand by themselves. It is a convention for the word "foreign", not a statement on status.

use serde::{Deserialize, Serialize};

/// A territory of a border set: its place in [`BorderSet::territories`](crate::BorderSet::territories).
///
/// It means something only together with the set that gave it. Territories are sorted by code, so ids are too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TerritoryId(pub(crate) u16);

impl TerritoryId {
    /// The position in the list of territories.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// Whose land it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Territory {
    /// ISO 3166-1 alpha-3, `XKX` for Kosovo, or the code of a user's own set.
    pub code: String,
    /// ISO 3166-1 alpha-2, where there is one.
    pub iso_a2: Option<String>,
    /// The English name.
    pub name: String,
    /// The code of the state it belongs to; its own code when it is one.
    pub sovereign: String,
}

impl Territory {
    /// The territory that a code stands for; a code that no list knows is its own name and sovereign.
    pub fn of_code(code: &str) -> Self {
        match known_territories().iter().find(|t| t.code == code) {
            Some(t) => Self {
                code: t.code.into(),
                iso_a2: Some(t.iso_a2.into()),
                name: t.name.into(),
                sovereign: t.sovereign.into(),
            },
            None => Self { code: code.into(), iso_a2: None, name: code.into(), sovereign: code.into() },
        }
    }

    /// The entries of ISO 3166-1 and Kosovo: alpha-3, alpha-2, the numeric code (0 where there is none) and the English name.
    pub fn iso_3166() -> impl Iterator<Item = (&'static str, &'static str, u16, &'static str)> {
        KNOWN.iter().map(|known| (known.code, known.iso_a2, known.number, known.name))
    }
}

/// One line of the table of ISO 3166-1.
pub(crate) struct Known {
    pub code: &'static str,
    pub iso_a2: &'static str,
    /// The ISO numeric code; 0 where there is none.
    pub number: u16,
    pub name: &'static str,
    pub sovereign: &'static str,
}

pub(crate) fn known_territories() -> &'static [Known] {
    &KNOWN
}

const fn known(
    code: &'static str,
    iso_a2: &'static str,
    number: u16,
    name: &'static str,
    sovereign: &'static str,
) -> Known {
    Known { code, iso_a2, number, name, sovereign }
}

/// The greatest number of territories in one set.
pub(crate) const MOST_TERRITORIES: usize = 512;

/// A set of territories, one bit each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub(crate) struct Mask([u64; MOST_TERRITORIES / 64]);

impl Mask {
    pub(crate) fn of(ids: impl IntoIterator<Item = TerritoryId>) -> Self {
        let mut mask = Self::default();
        for id in ids {
            mask.0[id.index() / 64] |= 1 << (id.0 % 64);
        }
        mask
    }

    /// The one territory, if it is only one.
    pub(crate) fn sole(&self) -> Option<TerritoryId> {
        let mut ids = self.ids();
        let first = ids.next()?;
        ids.next().is_none().then_some(first)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    pub(crate) fn meets(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).any(|(a, b)| a & b != 0)
    }

    pub(crate) fn and(&self, other: &Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] & other.0[i]))
    }

    pub(crate) fn or(&self, other: &Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] | other.0[i]))
    }

    pub(crate) fn xor(&self, other: &Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] ^ other.0[i]))
    }

    pub(crate) fn without(&self, other: &Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] & !other.0[i]))
    }

    /// The members, in order of their codes.
    pub(crate) fn ids(&self) -> impl Iterator<Item = TerritoryId> + '_ {
        self.0.iter().enumerate().flat_map(|(i, word)| {
            let mut rest = *word;
            std::iter::from_fn(move || {
                if rest == 0 {
                    return None;
                }
                let bit = rest.trailing_zeros();
                rest &= rest - 1;
                Some(TerritoryId((i as u32 * 64 + bit) as u16))
            })
        })
    }
}

#[rustfmt::skip]
static KNOWN: [Known; 250] = [
    known("ABW", "AW", 533, "Aruba", "NLD"),
    known("AFG", "AF", 4, "Afghanistan", "AFG"),
    known("AGO", "AO", 24, "Angola", "AGO"),
    known("AIA", "AI", 660, "Anguilla", "GBR"),
    known("ALA", "AX", 248, "Åland Islands", "FIN"),
    known("ALB", "AL", 8, "Albania", "ALB"),
    known("AND", "AD", 20, "Andorra", "AND"),
    known("ARE", "AE", 784, "United Arab Emirates", "ARE"),
    known("ARG", "AR", 32, "Argentina", "ARG"),
    known("ARM", "AM", 51, "Armenia", "ARM"),
    known("ASM", "AS", 16, "American Samoa", "USA"),
    known("ATA", "AQ", 10, "Antarctica", "ATA"),
    known("ATF", "TF", 260, "French Southern Territories", "FRA"),
    known("ATG", "AG", 28, "Antigua and Barbuda", "ATG"),
    known("AUS", "AU", 36, "Australia", "AUS"),
    known("AUT", "AT", 40, "Austria", "AUT"),
    known("AZE", "AZ", 31, "Azerbaijan", "AZE"),
    known("BDI", "BI", 108, "Burundi", "BDI"),
    known("BEL", "BE", 56, "Belgium", "BEL"),
    known("BEN", "BJ", 204, "Benin", "BEN"),
    known("BES", "BQ", 535, "Caribbean Netherlands", "NLD"),
    known("BFA", "BF", 854, "Burkina Faso", "BFA"),
    known("BGD", "BD", 50, "Bangladesh", "BGD"),
    known("BGR", "BG", 100, "Bulgaria", "BGR"),
    known("BHR", "BH", 48, "Bahrain", "BHR"),
    known("BHS", "BS", 44, "Bahamas", "BHS"),
    known("BIH", "BA", 70, "Bosnia and Herzegovina", "BIH"),
    known("BLM", "BL", 652, "Saint Barthélemy", "FRA"),
    known("BLR", "BY", 112, "Belarus", "BLR"),
    known("BLZ", "BZ", 84, "Belize", "BLZ"),
    known("BMU", "BM", 60, "Bermuda", "GBR"),
    known("BOL", "BO", 68, "Bolivia", "BOL"),
    known("BRA", "BR", 76, "Brazil", "BRA"),
    known("BRB", "BB", 52, "Barbados", "BRB"),
    known("BRN", "BN", 96, "Brunei", "BRN"),
    known("BTN", "BT", 64, "Bhutan", "BTN"),
    known("BVT", "BV", 74, "Bouvet Island", "NOR"),
    known("BWA", "BW", 72, "Botswana", "BWA"),
    known("CAF", "CF", 140, "Central African Republic", "CAF"),
    known("CAN", "CA", 124, "Canada", "CAN"),
    known("CCK", "CC", 166, "Cocos (Keeling) Islands", "AUS"),
    known("CHE", "CH", 756, "Switzerland", "CHE"),
    known("CHL", "CL", 152, "Chile", "CHL"),
    known("CHN", "CN", 156, "China", "CHN"),
    known("CIV", "CI", 384, "Côte d'Ivoire", "CIV"),
    known("CMR", "CM", 120, "Cameroon", "CMR"),
    known("COD", "CD", 180, "Democratic Republic of the Congo", "COD"),
    known("COG", "CG", 178, "Congo", "COG"),
    known("COK", "CK", 184, "Cook Islands", "NZL"),
    known("COL", "CO", 170, "Colombia", "COL"),
    known("COM", "KM", 174, "Comoros", "COM"),
    known("CPV", "CV", 132, "Cabo Verde", "CPV"),
    known("CRI", "CR", 188, "Costa Rica", "CRI"),
    known("CUB", "CU", 192, "Cuba", "CUB"),
    known("CUW", "CW", 531, "Curaçao", "NLD"),
    known("CXR", "CX", 162, "Christmas Island", "AUS"),
    known("CYM", "KY", 136, "Cayman Islands", "GBR"),
    known("CYP", "CY", 196, "Cyprus", "CYP"),
    known("CZE", "CZ", 203, "Czechia", "CZE"),
    known("DEU", "DE", 276, "Germany", "DEU"),
    known("DJI", "DJ", 262, "Djibouti", "DJI"),
    known("DMA", "DM", 212, "Dominica", "DMA"),
    known("DNK", "DK", 208, "Denmark", "DNK"),
    known("DOM", "DO", 214, "Dominican Republic", "DOM"),
    known("DZA", "DZ", 12, "Algeria", "DZA"),
    known("ECU", "EC", 218, "Ecuador", "ECU"),
    known("EGY", "EG", 818, "Egypt", "EGY"),
    known("ERI", "ER", 232, "Eritrea", "ERI"),
    known("ESH", "EH", 732, "Western Sahara", "ESH"),
    known("ESP", "ES", 724, "Spain", "ESP"),
    known("EST", "EE", 233, "Estonia", "EST"),
    known("ETH", "ET", 231, "Ethiopia", "ETH"),
    known("FIN", "FI", 246, "Finland", "FIN"),
    known("FJI", "FJ", 242, "Fiji", "FJI"),
    known("FLK", "FK", 238, "Falkland Islands (Malvinas)", "GBR"),
    known("FRA", "FR", 250, "France", "FRA"),
    known("FRO", "FO", 234, "Faroe Islands", "DNK"),
    known("FSM", "FM", 583, "Micronesia", "FSM"),
    known("GAB", "GA", 266, "Gabon", "GAB"),
    known("GBR", "GB", 826, "United Kingdom", "GBR"),
    known("GEO", "GE", 268, "Georgia", "GEO"),
    known("GGY", "GG", 831, "Guernsey", "GBR"),
    known("GHA", "GH", 288, "Ghana", "GHA"),
    known("GIB", "GI", 292, "Gibraltar", "GBR"),
    known("GIN", "GN", 324, "Guinea", "GIN"),
    known("GLP", "GP", 312, "Guadeloupe", "FRA"),
    known("GMB", "GM", 270, "Gambia", "GMB"),
    known("GNB", "GW", 624, "Guinea-Bissau", "GNB"),
    known("GNQ", "GQ", 226, "Equatorial Guinea", "GNQ"),
    known("GRC", "GR", 300, "Greece", "GRC"),
    known("GRD", "GD", 308, "Grenada", "GRD"),
    known("GRL", "GL", 304, "Greenland", "DNK"),
    known("GTM", "GT", 320, "Guatemala", "GTM"),
    known("GUF", "GF", 254, "French Guiana", "FRA"),
    known("GUM", "GU", 316, "Guam", "USA"),
    known("GUY", "GY", 328, "Guyana", "GUY"),
    known("HKG", "HK", 344, "Hong Kong", "CHN"),
    known("HMD", "HM", 334, "Heard and McDonald Islands", "AUS"),
    known("HND", "HN", 340, "Honduras", "HND"),
    known("HRV", "HR", 191, "Croatia", "HRV"),
    known("HTI", "HT", 332, "Haiti", "HTI"),
    known("HUN", "HU", 348, "Hungary", "HUN"),
    known("IDN", "ID", 360, "Indonesia", "IDN"),
    known("IMN", "IM", 833, "Isle of Man", "GBR"),
    known("IND", "IN", 356, "India", "IND"),
    known("IOT", "IO", 86, "British Indian Ocean Territory", "GBR"),
    known("IRL", "IE", 372, "Ireland", "IRL"),
    known("IRN", "IR", 364, "Iran", "IRN"),
    known("IRQ", "IQ", 368, "Iraq", "IRQ"),
    known("ISL", "IS", 352, "Iceland", "ISL"),
    known("ISR", "IL", 376, "Israel", "ISR"),
    known("ITA", "IT", 380, "Italy", "ITA"),
    known("JAM", "JM", 388, "Jamaica", "JAM"),
    known("JEY", "JE", 832, "Jersey", "GBR"),
    known("JOR", "JO", 400, "Jordan", "JOR"),
    known("JPN", "JP", 392, "Japan", "JPN"),
    known("KAZ", "KZ", 398, "Kazakhstan", "KAZ"),
    known("KEN", "KE", 404, "Kenya", "KEN"),
    known("KGZ", "KG", 417, "Kyrgyzstan", "KGZ"),
    known("KHM", "KH", 116, "Cambodia", "KHM"),
    known("KIR", "KI", 296, "Kiribati", "KIR"),
    known("KNA", "KN", 659, "Saint Kitts and Nevis", "KNA"),
    known("KOR", "KR", 410, "South Korea", "KOR"),
    known("KWT", "KW", 414, "Kuwait", "KWT"),
    known("LAO", "LA", 418, "Laos", "LAO"),
    known("LBN", "LB", 422, "Lebanon", "LBN"),
    known("LBR", "LR", 430, "Liberia", "LBR"),
    known("LBY", "LY", 434, "Libya", "LBY"),
    known("LCA", "LC", 662, "Saint Lucia", "LCA"),
    known("LIE", "LI", 438, "Liechtenstein", "LIE"),
    known("LKA", "LK", 144, "Sri Lanka", "LKA"),
    known("LSO", "LS", 426, "Lesotho", "LSO"),
    known("LTU", "LT", 440, "Lithuania", "LTU"),
    known("LUX", "LU", 442, "Luxembourg", "LUX"),
    known("LVA", "LV", 428, "Latvia", "LVA"),
    known("MAC", "MO", 446, "Macao", "CHN"),
    known("MAF", "MF", 663, "Saint Martin", "FRA"),
    known("MAR", "MA", 504, "Morocco", "MAR"),
    known("MCO", "MC", 492, "Monaco", "MCO"),
    known("MDA", "MD", 498, "Moldova", "MDA"),
    known("MDG", "MG", 450, "Madagascar", "MDG"),
    known("MDV", "MV", 462, "Maldives", "MDV"),
    known("MEX", "MX", 484, "Mexico", "MEX"),
    known("MHL", "MH", 584, "Marshall Islands", "MHL"),
    known("MKD", "MK", 807, "North Macedonia", "MKD"),
    known("MLI", "ML", 466, "Mali", "MLI"),
    known("MLT", "MT", 470, "Malta", "MLT"),
    known("MMR", "MM", 104, "Myanmar", "MMR"),
    known("MNE", "ME", 499, "Montenegro", "MNE"),
    known("MNG", "MN", 496, "Mongolia", "MNG"),
    known("MNP", "MP", 580, "Northern Mariana Islands", "USA"),
    known("MOZ", "MZ", 508, "Mozambique", "MOZ"),
    known("MRT", "MR", 478, "Mauritania", "MRT"),
    known("MSR", "MS", 500, "Montserrat", "GBR"),
    known("MTQ", "MQ", 474, "Martinique", "FRA"),
    known("MUS", "MU", 480, "Mauritius", "MUS"),
    known("MWI", "MW", 454, "Malawi", "MWI"),
    known("MYS", "MY", 458, "Malaysia", "MYS"),
    known("MYT", "YT", 175, "Mayotte", "FRA"),
    known("NAM", "NA", 516, "Namibia", "NAM"),
    known("NCL", "NC", 540, "New Caledonia", "FRA"),
    known("NER", "NE", 562, "Niger", "NER"),
    known("NFK", "NF", 574, "Norfolk Island", "AUS"),
    known("NGA", "NG", 566, "Nigeria", "NGA"),
    known("NIC", "NI", 558, "Nicaragua", "NIC"),
    known("NIU", "NU", 570, "Niue", "NZL"),
    known("NLD", "NL", 528, "Netherlands", "NLD"),
    known("NOR", "NO", 578, "Norway", "NOR"),
    known("NPL", "NP", 524, "Nepal", "NPL"),
    known("NRU", "NR", 520, "Nauru", "NRU"),
    known("NZL", "NZ", 554, "New Zealand", "NZL"),
    known("OMN", "OM", 512, "Oman", "OMN"),
    known("PAK", "PK", 586, "Pakistan", "PAK"),
    known("PAN", "PA", 591, "Panama", "PAN"),
    known("PCN", "PN", 612, "Pitcairn Islands", "GBR"),
    known("PER", "PE", 604, "Peru", "PER"),
    known("PHL", "PH", 608, "Philippines", "PHL"),
    known("PLW", "PW", 585, "Palau", "PLW"),
    known("PNG", "PG", 598, "Papua New Guinea", "PNG"),
    known("POL", "PL", 616, "Poland", "POL"),
    known("PRI", "PR", 630, "Puerto Rico", "USA"),
    known("PRK", "KP", 408, "North Korea", "PRK"),
    known("PRT", "PT", 620, "Portugal", "PRT"),
    known("PRY", "PY", 600, "Paraguay", "PRY"),
    known("PSE", "PS", 275, "Palestine", "PSE"),
    known("PYF", "PF", 258, "French Polynesia", "FRA"),
    known("QAT", "QA", 634, "Qatar", "QAT"),
    known("REU", "RE", 638, "Réunion", "FRA"),
    known("ROU", "RO", 642, "Romania", "ROU"),
    known("RUS", "RU", 643, "Russia", "RUS"),
    known("RWA", "RW", 646, "Rwanda", "RWA"),
    known("SAU", "SA", 682, "Saudi Arabia", "SAU"),
    known("SDN", "SD", 729, "Sudan", "SDN"),
    known("SEN", "SN", 686, "Senegal", "SEN"),
    known("SGP", "SG", 702, "Singapore", "SGP"),
    known("SGS", "GS", 239, "South Georgia and South Sandwich Islands", "GBR"),
    known("SHN", "SH", 654, "Saint Helena", "GBR"),
    known("SJM", "SJ", 744, "Svalbard and Jan Mayen", "NOR"),
    known("SLB", "SB", 90, "Solomon Islands", "SLB"),
    known("SLE", "SL", 694, "Sierra Leone", "SLE"),
    known("SLV", "SV", 222, "El Salvador", "SLV"),
    known("SMR", "SM", 674, "San Marino", "SMR"),
    known("SOM", "SO", 706, "Somalia", "SOM"),
    known("SPM", "PM", 666, "Saint Pierre and Miquelon", "FRA"),
    known("SRB", "RS", 688, "Serbia", "SRB"),
    known("SSD", "SS", 728, "South Sudan", "SSD"),
    known("STP", "ST", 678, "São Tomé and Príncipe", "STP"),
    known("SUR", "SR", 740, "Suriname", "SUR"),
    known("SVK", "SK", 703, "Slovakia", "SVK"),
    known("SVN", "SI", 705, "Slovenia", "SVN"),
    known("SWE", "SE", 752, "Sweden", "SWE"),
    known("SWZ", "SZ", 748, "Eswatini", "SWZ"),
    known("SXM", "SX", 534, "Sint Maarten", "NLD"),
    known("SYC", "SC", 690, "Seychelles", "SYC"),
    known("SYR", "SY", 760, "Syria", "SYR"),
    known("TCA", "TC", 796, "Turks and Caicos Islands", "GBR"),
    known("TCD", "TD", 148, "Chad", "TCD"),
    known("TGO", "TG", 768, "Togo", "TGO"),
    known("THA", "TH", 764, "Thailand", "THA"),
    known("TJK", "TJ", 762, "Tajikistan", "TJK"),
    known("TKL", "TK", 772, "Tokelau", "NZL"),
    known("TKM", "TM", 795, "Turkmenistan", "TKM"),
    known("TLS", "TL", 626, "Timor-Leste", "TLS"),
    known("TON", "TO", 776, "Tonga", "TON"),
    known("TTO", "TT", 780, "Trinidad and Tobago", "TTO"),
    known("TUN", "TN", 788, "Tunisia", "TUN"),
    known("TUR", "TR", 792, "Türkiye", "TUR"),
    known("TUV", "TV", 798, "Tuvalu", "TUV"),
    known("TWN", "TW", 158, "Taiwan", "TWN"),
    known("TZA", "TZ", 834, "Tanzania", "TZA"),
    known("UGA", "UG", 800, "Uganda", "UGA"),
    known("UKR", "UA", 804, "Ukraine", "UKR"),
    known("UMI", "UM", 581, "U.S. Outlying Islands", "USA"),
    known("URY", "UY", 858, "Uruguay", "URY"),
    known("USA", "US", 840, "United States", "USA"),
    known("UZB", "UZ", 860, "Uzbekistan", "UZB"),
    known("VAT", "VA", 336, "Vatican City", "VAT"),
    known("VCT", "VC", 670, "Saint Vincent and Grenadines", "VCT"),
    known("VEN", "VE", 862, "Venezuela", "VEN"),
    known("VGB", "VG", 92, "British Virgin Islands", "GBR"),
    known("VIR", "VI", 850, "U.S. Virgin Islands", "USA"),
    known("VNM", "VN", 704, "Vietnam", "VNM"),
    known("VUT", "VU", 548, "Vanuatu", "VUT"),
    known("WLF", "WF", 876, "Wallis and Futuna", "FRA"),
    known("WSM", "WS", 882, "Samoa", "WSM"),
    known("XKX", "XK", 0, "Kosovo", "XKX"),
    known("YEM", "YE", 887, "Yemen", "YEM"),
    known("ZAF", "ZA", 710, "South Africa", "ZAF"),
    known("ZMB", "ZM", 894, "Zambia", "ZMB"),
    known("ZWE", "ZW", 716, "Zimbabwe", "ZWE"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sovereign_is_in_the_table_and_is_its_own() {
        for t in known_territories() {
            let sovereign = known_territories().iter().find(|s| s.code == t.sovereign);
            assert_eq!(sovereign.map(|s| s.sovereign), Some(t.sovereign), "{}", t.code);
        }
    }

    #[test]
    fn the_table_is_sorted_and_names_each_code_once() {
        assert!(known_territories().windows(2).all(|pair| pair[0].code < pair[1].code));
    }

    #[test]
    fn french_polynesia_is_french() {
        assert_eq!(Territory::of_code("PYF").sovereign, "FRA");
        assert_eq!(Territory::of_code("Q1").sovereign, "Q1");
    }

    #[test]
    fn a_mask_gives_back_what_was_put_in() {
        let ids: Vec<_> = [0, 63, 64, 200, 511].map(TerritoryId).to_vec();
        let mask = Mask::of(ids.iter().copied());
        assert_eq!(mask.ids().collect::<Vec<_>>(), ids);
        assert!(mask.meets(&Mask::of([TerritoryId(64)])) && !mask.meets(&Mask::of([TerritoryId(65)])));
        assert!(mask.without(&mask).is_empty() && mask.xor(&mask).is_empty());
    }
}
