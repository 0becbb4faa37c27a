//! One GeoJSON Feature, ours or a stranger's.
//!
//! Members of ours are read strictly. A property that is not ours goes to `extra`, unless ours is missing
//! and theirs has a common name for it (`date`, `name`, `url`): then it is read as a table's would be.
//! Records of known sources are read by their profile, as rows of a table are. A third coordinate is kept as
//! `extra.coordinate_z`, as given: RFC 7946 says meters up, USGS writes kilometers down.

use super::Draft;
use super::desk::{Desk, Path, ROOT};
use super::row::{cells_of, fill_members};
use crate::columns::{Columns, OWN_EXPORT, alias_of, is_field, is_own_export, plain_name};
use crate::date::EventDate;
use crate::fault::Fault;
use crate::json::{self, Json, Member, Node, keep, shown};
use crate::profile::{Profile, Profiles};
use crate::read::place_after;
use crate::report::{Format, Origin};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

pub(super) fn fill(desk: &mut Desk<'_>) -> Option<Draft> {
    let report = desk.report;
    let root = match json::parse(&report.text) {
        Ok(root) => root,
        Err(broken) => {
            let (line, column) = place_after(&report.text[..broken.at], report.line, report.column);
            let fault = Fault {
                file: report.origin.file.clone(),
                index: Some(report.index),
                line,
                column,
                pointer: None,
                field: None,
                problem: broken.problem.into(),
                hint: None,
                fatal: true,
            };
            desk.faults.push(fault);
            return None;
        }
    };
    let Json::Object(members) = &root.json else {
        desk.fault(root.at, &ROOT, format!("is {}, not a GeoJSON Feature", root.kind()), None);
        return None;
    };
    let mut draft = Draft::new();
    let is_plain = desk.report.origin.plain && !members.iter().any(|member| member.name == "geometry");
    if is_plain {
        let columns = foreign_columns(&desk.report.origin, members, true)?;
        fill_members(desk, &mut draft, cells_of(members).1, &columns, &ROOT);
        desk.finish(&mut draft, &ROOT, root.at);
        return Some(draft);
    }
    let mut properties: &[Member<'_>] = &[];
    let mut is_feature = false;
    let mut properties_at = root.at;
    for Member { name, value, .. } in members {
        let path = ROOT.name(name);
        match &**name {
            "type" => is_feature = feature_type(desk, value, &path),
            "id" => take_id(desk, &mut draft, value, &path),
            "geometry" => geometry(desk, &mut draft, value, &path),
            "properties" => match &value.json {
                Json::Null => {}
                Json::Object(found) => {
                    properties = found;
                    properties_at = value.at;
                }
                _ => desk.fault(value.at, &path, format!("is {}, not an object", value.kind()), None),
            },
            // Derived, or of no meaning for one feature.
            "bbox" | "border" | "links" => {}
            _ => keep(&mut draft.properties.extra, name, Some(value.to_value())),
        }
    }
    if !is_feature && !members.iter().any(|member| member.name == "type") {
        desk.fault(root.at, &ROOT, "has no member \"type\"", "\"type\": \"Feature\"");
    }
    let path = ROOT.name("properties");
    fill_properties(desk, &mut draft, properties, &path);
    desk.finish(&mut draft, &path, properties_at);
    Some(draft)
}

fn take_id(desk: &mut Desk<'_>, draft: &mut Draft, node: &Node<'_>, path: &Path<'_>) {
    if let Some(id) = desk.code(node, path) {
        desk.take_id(draft, id.trim(), node.at, path);
    }
}

fn feature_type(desk: &mut Desk<'_>, value: &Node<'_>, path: &Path<'_>) -> bool {
    match &value.json {
        Json::String(kind) if kind == "Feature" => return true,
        Json::String(kind) if kind == "FeatureCollection" => {
            let hint = "read a whole FeatureCollection with the format geojson";
            desk.fault(value.at, path, "a FeatureCollection stands where one Feature is expected", hint);
        }
        Json::String(kind) => {
            let problem = format!("{} is not a Feature", shown(kind));
            desk.fault(value.at, path, problem, "wrap a geometry: {\"type\":\"Feature\",\"geometry\":…}");
        }
        _ => desk.fault(value.at, path, format!("is {}, not the text \"Feature\"", value.kind()), None),
    }
    false
}

fn geometry(desk: &mut Desk<'_>, draft: &mut Draft, node: &Node<'_>, path: &Path<'_>) {
    let members = match &node.json {
        Json::Null => return,
        Json::Object(members) => members,
        _ => {
            draft.has_place = true;
            desk.fault(node.at, path, format!("is {}, not a geometry or null", node.kind()), None);
            return;
        }
    };
    draft.has_place = true;
    let member = |name: &str| members.iter().find(|member| member.name == name).map(|member| &member.value);
    let kind = match member("type").map(|node| (&node.json, node.at)) {
        Some((Json::String(kind), _)) => &**kind,
        Some((_, at)) => return desk.fault(at, &path.name("type"), "is not the name of a geometry", None),
        None => {
            return desk.fault(node.at, path, "the geometry has no member \"type\"", "Point or MultiPoint");
        }
    };
    let coordinates_path = path.name("coordinates");
    match (kind, member("coordinates")) {
        ("Point", Some(coordinates)) => {
            let mut heights = Vec::new();
            let place = position(desk, coordinates, &coordinates_path, &mut heights);
            draft.places.extend(place);
            keep(
                &mut draft.properties.extra,
                "coordinate_z",
                heights.pop().filter(|height| !height.is_null()),
            );
        }
        ("MultiPoint", Some(Node { json: Json::Array(nodes), .. })) => {
            let mut heights = Vec::new();
            for (index, node) in nodes.iter().enumerate() {
                let place = position(desk, node, &coordinates_path.index(index), &mut heights);
                draft.places.extend(place);
            }
            if nodes.is_empty() {
                desk.fault(
                    node.at,
                    path,
                    "a MultiPoint without a point",
                    "an unknown place is geometry null",
                );
            }
            if heights.iter().any(|height| !height.is_null()) {
                keep(&mut draft.properties.extra, "coordinate_z", Some(Value::Array(heights)));
            }
        }
        ("MultiPoint", Some(node)) => {
            desk.fault(node.at, &coordinates_path, "is not a list of positions", "[[lon, lat], …]");
        }
        ("Point" | "MultiPoint", None) => {
            desk.fault(node.at, path, "the geometry has no coordinates", "an unknown place is geometry null");
        }
        (other, _) => {
            let problem =
                format!("{} is not taken: an incident is a Point, a MultiPoint or null", shown(other));
            let hint = "give a point and say how far the true place may be from it: location_radius_m";
            desk.fault(node.at, path, problem, hint);
        }
    }
}

/// One position; its third number, if any, goes to `heights`, `null` if none.
fn position(
    desk: &mut Desk<'_>,
    node: &Node<'_>,
    path: &Path<'_>,
    heights: &mut Vec<Value>,
) -> Option<kordon_borders::LonLat> {
    let Json::Array(numbers) = &node.json else {
        desk.fault(node.at, path, format!("is {}, not a position", node.kind()), "[lon, lat]");
        return None;
    };
    if !(2..=4).contains(&numbers.len()) {
        let problem = format!("a position has two numbers, not {}", numbers.len());
        desk.fault(node.at, path, problem, "[lon, lat]");
        return None;
    }
    let mut read = [f64::NAN; 2];
    for (index, number) in numbers.iter().enumerate() {
        let path = path.index(index);
        let value = match &number.json {
            Json::Null if index >= 2 => None,
            Json::Null => {
                desk.fault(
                    number.at,
                    &path,
                    "is null, but a number is expected",
                    "an unknown place is geometry null",
                );
                return None;
            }
            _ => Some(desk.number(number, &path)?),
        };
        if let (Some(slot), Some(value)) = (read.get_mut(index), value) {
            *slot = value;
        }
    }
    heights.push(numbers.get(2).map_or(Value::Null, Node::to_value));
    if let [lon, lat, ..] = &numbers[..] {
        desk.digits_of(as_written(lon), as_written(lat));
    }
    let [lon, lat] = desk.to_degrees(read);
    desk.place(lon, lat, node.at, path)
}

fn as_written<'n>(number: &'n Node<'_>) -> &'n str {
    match &number.json {
        Json::Number(text) => text,
        Json::String(text) => text,
        _ => "",
    }
}

fn fill_properties(desk: &mut Desk<'_>, draft: &mut Draft, members: &[Member<'_>], path: &Path<'_>) {
    if is_own_export(members.iter().map(|member| &*member.name)) {
        let (problem, hint) = OWN_EXPORT;
        return desk.fault(members[0].value.at, path, problem, hint);
    }
    if let Some(columns) = foreign_columns(&desk.report.origin, members, false) {
        let (_, cells) = cells_of(members);
        return fill_members(desk, draft, cells, &columns, path);
    }
    if let Some(member) = members.iter().find(|member| member.name == "language") {
        desk.language(&mut draft.properties, &member.value, &path.name("language"));
    }
    let mapped = |name: &str| {
        let map = &desk.report.origin.map;
        map.iter().find(|(_, theirs)| theirs == name).map(|(ours, _)| ours.clone())
    };
    let renamed: Vec<Option<String>> = if desk.report.origin.map.is_empty() {
        Vec::new()
    } else {
        members.iter().map(|member| mapped(&member.name)).collect()
    };
    // XML has texts only.
    desk.lenient = desk.report.origin.format.is_some_and(Format::is_xml);
    let mut strangers = Vec::new();
    for (index, member) in members.iter().enumerate() {
        let path = path.name(&member.name);
        match renamed.get(index).and_then(Option::as_ref) {
            Some(ours) => take_foreign(desk, draft, ours, member, &path),
            None if member.name == "language" => {}
            None => {
                if !desk.set(draft, &member.name, &member.name, &member.value, &path) {
                    strangers.push(member);
                }
            }
        }
    }
    desk.lenient = false;
    compare_place(desk, draft, &strangers, path);
    strangers_to_ours(desk, draft, members, strangers, path);
}

/// Warns of properties that are coordinates by their names, and lie elsewhere than the geometry.
fn compare_place(desk: &mut Desk<'_>, draft: &Draft, strangers: &[&Member<'_>], path: &Path<'_>) {
    // What is called x and y may be anything.
    let named = |ours: &str| {
        let is = |member: &&&Member<'_>| {
            alias_of(&member.name).is_some_and(|(name, _)| name == ours)
                && !plain_name(&member.name).split('_').any(|part| matches!(part, "x" | "y"))
        };
        strangers.iter().find(is)
    };
    if let (Some(lon), Some(lat)) = (named("lon"), named("lat")) {
        let texts = [as_written(&lon.value), as_written(&lat.value)];
        desk.lie_elsewhere(&draft.places, texts, lon.value.at, &path.name(&lon.name));
    }
}

/// The columns of a record of a known source; `None` when it is one of ours, or of a stranger. A plain record has
/// columns in any case.
///
/// Records of one source mostly have the same members, so those of the first are kept.
pub(super) fn foreign_columns(
    origin: &Origin,
    members: &[Member<'_>],
    plain_record: bool,
) -> Option<Arc<Columns>> {
    let may_be_known = match origin.profile {
        Profiles::Off => false,
        Profiles::Use(_) => true,
        // Every profile asks for a name that is none of ours.
        Profiles::Detect => members.iter().any(|member| !is_field(&member.name)),
    };
    if !may_be_known && !plain_record {
        return None;
    }
    if let Some(first) = origin.foreign.get()
        && first.names.len() >= members.len()
        && cells_of(members).0 == first.names
    {
        return Some(Arc::clone(first));
    }
    let (names, _) = cells_of(members);
    let profile = match &origin.profile {
        Profiles::Use(profile) => Some(Arc::clone(profile)),
        Profiles::Off => None,
        Profiles::Detect => {
            let plain: Vec<String> = names.iter().map(|name| plain_name(name)).collect();
            Profile::detect(&plain, |at| {
                let member = members.iter().find(|member| *member.name == *names[at])?;
                match &member.value.json {
                    Json::String(text) => Some(&**text),
                    _ => None,
                }
            })
        }
    };
    if profile.is_none() && !plain_record {
        return None;
    }
    let columns = Arc::new(Columns::of_members(names, profile, &origin.map, origin.date_order));
    origin.foreign.get_or_init(|| Arc::clone(&columns));
    Some(columns)
}

/// Gives properties with common names their place where ours is missing, and keeps the others as they are.
fn strangers_to_ours<'a>(
    desk: &mut Desk<'_>,
    draft: &mut Draft,
    members: &[Member<'a>],
    strangers: Vec<&Member<'a>>,
    path: &Path<'_>,
) {
    let chosen = chosen_strangers(members, &strangers, |ours| is_missing(draft, ours));
    for (index, member) in strangers.into_iter().enumerate() {
        match chosen.get(&index) {
            Some(ours) => take_foreign(desk, draft, ours, member, &path.name(&member.name)),
            None => keep(&mut draft.properties.extra, &member.name, Some(member.value.to_value())),
        }
    }
}

/// Which of the strangers are read as a field of ours, by their place among them.
pub(super) fn chosen_strangers(
    members: &[Member<'_>],
    strangers: &[&Member<'_>],
    is_missing: impl Fn(&str) -> bool,
) -> BTreeMap<usize, &'static str> {
    // Of several that could be the same property of ours, the one with the best name is.
    let mut chosen: BTreeMap<&'static str, (usize, usize)> = BTreeMap::new();
    for (index, member) in strangers.iter().enumerate() {
        let scalar = matches!(member.value.json, Json::String(_) | Json::Number(_));
        let Some((ours, rank)) = alias_of(&member.name).filter(|_| scalar) else { continue };
        let best = chosen.entry(ours).or_insert((rank, index));
        *best = (*best).min((rank, index));
    }
    chosen.retain(|ours, (_, index)| {
        let name = &strangers[*index].name;
        is_missing(ours) && (name == ours || !members.iter().any(|member| member.name == *ours))
    });
    chosen.into_iter().map(|(ours, (_, index))| (index, ours)).collect()
}

/// Whether a property of this name is wanted. Places come from the geometry, never from properties.
fn is_missing(draft: &Draft, ours: &str) -> bool {
    match ours {
        "lon" | "lat" | "geometry_wkt" => false,
        "id" => draft.id.is_none() && draft.source_id.is_none(),
        _ => true,
    }
}

/// Reads a property of theirs as ours, the way a table's cell is read.
fn take_foreign(desk: &mut Desk<'_>, draft: &mut Draft, ours: &str, member: &Member<'_>, path: &Path<'_>) {
    let node = &member.value;
    let before = std::mem::replace(&mut desk.lenient, true);
    match (ours, &node.json) {
        ("id", _) => take_id(desk, draft, node, path),
        ("source_url", Json::String(text)) => {
            let sources = desk.sources_of_cells(Some((text, node.at, path)), None);
            draft.properties.sources.extend(sources);
        }
        ("source_name", Json::String(text)) => match &mut draft.properties.sources[..] {
            [source] if source.name.is_none() => source.name = Some(text.trim().to_owned()),
            _ => {
                let sources = desk.sources_of_cells(None, Some(text));
                draft.properties.sources.extend(sources);
            }
        },
        ("date_start" | "date_end", Json::Number(text)) => match text.parse().map(EventDate::of_epoch_ms) {
            // Fewer digits would be seconds, or a year, or an id.
            Ok(Ok(date)) if text.trim_start_matches('-').len() >= 12 => {
                let text = date.as_str().to_owned();
                let node = Node { at: node.at, json: Json::String(text.into()) };
                desk.set(draft, ours, &member.name, &node, path);
            }
            _ => _ = desk.set(draft, ours, &member.name, node, path),
        },
        _ => {
            if !desk.set(draft, ours, &member.name, node, path) {
                keep(&mut draft.properties.extra, &member.name, Some(node.to_value()));
            }
        }
    }
    desk.lenient = before;
}
