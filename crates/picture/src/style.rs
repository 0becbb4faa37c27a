//! How the map looks: colours, widths and signs, the same as in the page.
//!
//! Made by data/style/build.mjs from data/style/style.json; not to be changed by hand.
#![allow(missing_docs, reason = "the names are those of the file")]

use crate::scene::Rgb;

/// The colours of one theme.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Theme {
    pub name: &'static str,
    pub sea: Rgb,
    pub land: Rgb,
    pub coast: Rgb,
    pub river: Rgb,
    pub admin: Rgb,
    pub border: Rgb,
    pub border_casing: Rgb,
    pub maritime: Rgb,
    pub target: Rgb,
    pub country: Rgb,
    pub place: Rgb,
    pub place_dot: Rgb,
    pub halo: Rgb,
    pub line: Rgb,
    pub line_casing: Rgb,
    pub circle: Rgb,
    pub drawn: Rgb,
    pub inside: Rgb,
    pub cluster: Rgb,
    pub cluster_ring: Rgb,
    pub cluster_text: Rgb,
    pub paper: Rgb,
    pub ink: Rgb,
    pub quiet: Rgb,
    pub rule: Rgb,
    pub accent: Rgb,
    pub uncertain: Rgb,
    pub sign_rim: Rgb,
    /// In the order of [`EVENTS`].
    pub events: [Rgb; 9],
}

/// The light theme.
pub const LIGHT: Theme = Theme {
    name: "light",
    sea: Rgb(0xcd, 0xdb, 0xe4),
    land: Rgb(0xf4, 0xf2, 0xec),
    coast: Rgb(0xb4, 0xc5, 0xd1),
    river: Rgb(0xb3, 0xc9, 0xd8),
    admin: Rgb(0xcf, 0xc9, 0xd4),
    border: Rgb(0x8d, 0x82, 0x99),
    border_casing: Rgb(0xfb, 0xfa, 0xf7),
    maritime: Rgb(0x9f, 0xb2, 0xc2),
    target: Rgb(0x1f, 0x4e, 0x8c),
    country: Rgb(0x5d, 0x58, 0x68),
    place: Rgb(0x3f, 0x48, 0x55),
    place_dot: Rgb(0x7b, 0x84, 0x91),
    halo: Rgb(0xf8, 0xf7, 0xf3),
    line: Rgb(0x12, 0x40, 0x8f),
    line_casing: Rgb(0xff, 0xff, 0xff),
    circle: Rgb(0x12, 0x40, 0x8f),
    drawn: Rgb(0x5a, 0x3d, 0xb0),
    inside: Rgb(0x8f, 0x2a, 0x12),
    cluster: Rgb(0x33, 0x47, 0x5f),
    cluster_ring: Rgb(0xff, 0xff, 0xff),
    cluster_text: Rgb(0xff, 0xff, 0xff),
    paper: Rgb(0xff, 0xff, 0xff),
    ink: Rgb(0x17, 0x21, 0x2c),
    quiet: Rgb(0x55, 0x62, 0x70),
    rule: Rgb(0xdc, 0xe2, 0xe8),
    accent: Rgb(0x1b, 0x4b, 0x82),
    uncertain: Rgb(0x7a, 0x4a, 0x00),
    sign_rim: Rgb(0xff, 0xff, 0xff),
    events: [
        Rgb(0xc0, 0x3a, 0x0e),
        Rgb(0x97, 0x19, 0x5f),
        Rgb(0x8a, 0x53, 0x00),
        Rgb(0x0b, 0x6e, 0x66),
        Rgb(0x0a, 0x63, 0x9c),
        Rgb(0x5a, 0x3d, 0xb0),
        Rgb(0x3f, 0x64, 0x0f),
        Rgb(0x5b, 0x64, 0x72),
        Rgb(0x47, 0x55, 0x69),
    ],
};

/// The dark theme.
pub const DARK: Theme = Theme {
    name: "dark",
    sea: Rgb(0x10, 0x17, 0x1e),
    land: Rgb(0x22, 0x2a, 0x33),
    coast: Rgb(0x33, 0x41, 0x4e),
    river: Rgb(0x2c, 0x43, 0x57),
    admin: Rgb(0x3d, 0x44, 0x50),
    border: Rgb(0x85, 0x7c, 0x95),
    border_casing: Rgb(0x1a, 0x21, 0x29),
    maritime: Rgb(0x3d, 0x51, 0x63),
    target: Rgb(0x8f, 0xb8, 0xee),
    country: Rgb(0xb3, 0xad, 0xbf),
    place: Rgb(0xc3, 0xcc, 0xd6),
    place_dot: Rgb(0x7d, 0x88, 0x94),
    halo: Rgb(0x1a, 0x21, 0x29),
    line: Rgb(0x9c, 0xc5, 0xff),
    line_casing: Rgb(0x0c, 0x11, 0x16),
    circle: Rgb(0x9c, 0xc5, 0xff),
    drawn: Rgb(0xc3, 0xb0, 0xff),
    inside: Rgb(0xff, 0xab, 0x8c),
    cluster: Rgb(0xc9, 0xd6, 0xe4),
    cluster_ring: Rgb(0x1a, 0x21, 0x29),
    cluster_text: Rgb(0x14, 0x1b, 0x22),
    paper: Rgb(0x17, 0x1e, 0x26),
    ink: Rgb(0xe8, 0xed, 0xf2),
    quiet: Rgb(0xa3, 0xaf, 0xbc),
    rule: Rgb(0x2c, 0x36, 0x41),
    accent: Rgb(0x9c, 0xc5, 0xff),
    uncertain: Rgb(0xf0, 0xc2, 0x71),
    sign_rim: Rgb(0x12, 0x18, 0x1f),
    events: [
        Rgb(0xff, 0x8a, 0x54),
        Rgb(0xf4, 0x7f, 0xb6),
        Rgb(0xe6, 0xb2, 0x4a),
        Rgb(0x52, 0xcf, 0xc0),
        Rgb(0x66, 0xbf, 0xf2),
        Rgb(0xb9, 0xa3, 0xf8),
        Rgb(0xa6, 0xd3, 0x62),
        Rgb(0xaa, 0xb4, 0xc2),
        Rgb(0x9f, 0xb0, 0xc4),
    ],
};

/// The kinds of events, as the vocabulary has them; the last stands for all others.
pub const EVENTS: [&str; 9] = [
    "explosions_remote_violence",
    "battles",
    "violence_against_civilians",
    "strategic_developments",
    "protests",
    "riots",
    "disaster",
    "access_constraint",
    "other",
];

/// The outlines of their signs in a box of 24 by 24.
pub const SIGNS: [&[[f32; 2]]; 9] = [
    &[[12.0, 1.2], [14.4, 6.1], [19.6, 4.4], [17.9, 9.6], [22.8, 12.0], [17.9, 14.4], [19.6, 19.6], [14.4, 17.9], [12.0, 22.8], [9.6, 17.9], [4.4, 19.6], [6.1, 14.4], [1.2, 12.0], [6.1, 9.6], [4.4, 4.4], [9.6, 6.1]],
    &[[12.0, 2.0], [22.0, 12.0], [12.0, 22.0], [2.0, 12.0]],
    &[[12.0, 2.5], [22.0, 20.5], [2.0, 20.5]],
    &[[7.5, 3.5], [16.5, 3.5], [21.5, 12.0], [16.5, 20.5], [7.5, 20.5], [2.5, 12.0]],
    &[[12.0, 3.0], [14.3294, 3.3067], [16.5, 4.2058], [18.364, 5.636], [19.7942, 7.5], [20.6933, 9.6706], [21.0, 12.0], [20.6933, 14.3294], [19.7942, 16.5], [18.364, 18.364], [16.5, 19.7942], [14.3294, 20.6933], [12.0, 21.0], [9.6706, 20.6933], [7.5, 19.7942], [5.636, 18.364], [4.2058, 16.5], [3.3067, 14.3294], [3.0, 12.0], [3.3067, 9.6706], [4.2058, 7.5], [5.636, 5.636], [7.5, 4.2058], [9.6706, 3.3067]],
    &[[4.0, 4.0], [20.0, 4.0], [20.0, 20.0], [4.0, 20.0]],
    &[[2.0, 4.0], [22.0, 4.0], [12.0, 21.5]],
    &[[9.0, 3.0], [15.0, 3.0], [15.0, 9.0], [21.0, 9.0], [21.0, 15.0], [15.0, 15.0], [15.0, 21.0], [9.0, 21.0], [9.0, 15.0], [3.0, 15.0], [3.0, 9.0], [9.0, 9.0]],
    &[[12.0, 4.5], [13.9411, 4.7556], [15.75, 5.5048], [17.3033, 6.6967], [18.4952, 8.25], [19.2444, 10.0589], [19.5, 12.0], [19.2444, 13.9411], [18.4952, 15.75], [17.3033, 17.3033], [15.75, 18.4952], [13.9411, 19.2444], [12.0, 19.5], [10.0589, 19.2444], [8.25, 18.4952], [6.6967, 17.3033], [5.5048, 15.75], [4.7556, 13.9411], [4.5, 12.0], [4.7556, 10.0589], [5.5048, 8.25], [6.6967, 6.6967], [8.25, 5.5048], [10.0589, 4.7556]],
];

// Widths and dashes in pixels.
pub const GEODESIC: f32 = 2.6;
pub const GEODESIC_CASING: f32 = 6.0;
pub const PRECISION_EDGE: f32 = 1.2;
pub const PRECISION_DASH: [f32; 2] = [3.0, 2.5];
pub const MARITIME: f32 = 1.0;
pub const MARITIME_DASH: [f32; 2] = [4.0, 3.0];
pub const COAST: f32 = 0.6;
pub const SIGN_RIM: f32 = 5.5;
pub const SIGN_LINE: f32 = 2.2;

/// How much of its colour the circle that a place lies in has.
pub const PRECISION_SHARE: f32 = 0.09;
