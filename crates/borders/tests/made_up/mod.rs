//! A border set of a test's own: what it says of itself.

use kordon_borders::SetInfo;

pub fn info() -> SetInfo {
    SetInfo {
        name: "made-up".into(),
        version: "1".into(),
        title: "Made-up borders".into(),
        licence: "CC0-1.0".into(),
        attribution: String::new(),
        origin: "a test".into(),
        accuracy_m: 0.0,
        better: Vec::new(),
        world_view: "none".into(),
        edge_model: "rfc7946".into(),
    }
}
