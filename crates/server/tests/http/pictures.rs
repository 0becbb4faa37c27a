//! Pictures: they show what the public answer says, within limits of size and time.

use super::*;
use kordon_picture_scene::{DARK, LIGHT, Rgb};
use std::collections::BTreeMap;

/// A picture as it came: its size, its pixels and what it says of itself.
struct Picture {
    width: usize,
    rgb: Vec<u8>,
    says: BTreeMap<String, String>,
}

impl Picture {
    #[track_caller]
    fn of(reply: &Reply) -> Self {
        reply.is_ok();
        assert_eq!(reply.header("content-type"), "image/png");
        let mut reader = png::Decoder::new(std::io::Cursor::new(&reply.body)).read_info().unwrap();
        let texts = reader.info().uncompressed_latin1_text.iter();
        let says = texts.map(|text| (text.keyword.clone(), text.text.clone())).collect();
        let mut rgb = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut rgb).unwrap();
        Self { width: info.width as usize, rgb, says }
    }

    fn height(&self) -> usize {
        self.rgb.len() / 3 / self.width
    }

    fn count(&self, Rgb(r, g, b): Rgb) -> usize {
        self.rgb.chunks_exact(3).filter(|pixel| **pixel == [r, g, b]).count()
    }
}

async fn put(door: &Door, change: impl FnOnce(&mut Value)) -> String {
    let mut feature = feature("Drones at the port", "2025-05-30", Some(IZMAIL));
    change(&mut feature);
    let reply = door.post(ITEMS, "application/geo+json", &feature.to_string()).await;
    assert!(reply.status.is_success(), "{}", reply.text());
    reply.json()["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_incident_has_a_card_with_its_sign_the_way_and_who_drew_it() {
    let door = Door::new();
    let id = put(&door, |feature| feature["properties"]["verification"] = json!("verified")).await;
    let at = format!("{ITEMS}/{id}/map.png");
    let reply = door.get(&at).await;
    let card = Picture::of(&reply);
    assert_eq!((card.width, card.height()), (1_200, 630));
    let count = |color| card.count(color);
    assert!(count(LIGHT.line) > 100 && count(LIGHT.events[0]) > 200 && count(LIGHT.border) > 200);
    assert_eq!(card.says["Kordon-Painter"], "tiny-skia");
    assert!(card.says["Kordon-Borders"].starts_with("osm-maritime-10m "), "{:?}", card.says);
    assert!(card.says["Kordon-Query"].starts_with(&id), "{:?}", card.says);
    assert!(card.says["Copyright"].contains("OpenStreetMap"));
    assert_eq!(door.get(&at).await.body, reply.body, "the same question has the same bytes");

    let dark = Picture::of(&door.get(&format!("{at}?theme=dark&lang=uk&size=640x400")).await);
    assert_eq!((dark.width, dark.height()), (640, 400));
    assert!(dark.count(DARK.land) > 100_000 && dark.count(LIGHT.land) == 0);
    let ukrainian = door.get(&format!("{at}?lang=uk")).await;
    assert_ne!(Picture::of(&ukrainian).rgb, card.rgb);
}

#[tokio::test]
async fn a_picture_is_not_sent_again_to_whom_has_it() {
    let door = Door::new();
    let id = put(&door, |_| {}).await;
    for (title, at) in
        [("b", format!("{ITEMS}/{id}/map.png")), ("c", "/maps/static.png?size=300x200".to_owned())]
    {
        let reply = door.get(&at).await;
        let etag = reply.is_ok().header("etag").to_owned();
        assert_eq!(reply.header("cache-control"), "public, max-age=0, s-maxage=5");
        let again = door.ask(Method::GET, &at, &[("if-none-match", &etag)], "").await;
        assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0), "{at}");
        put(&door, |feature| feature["properties"]["title"] = json!({ "en": title })).await;
        assert_ne!(door.get(&at).await.is_ok().header("etag"), etag, "{at}: the state is another");
    }
}

#[tokio::test]
async fn all_that_match_are_on_one_map() {
    let door = Door::new();
    for (lon, kind) in [(28.8, "battles"), (29.4, "riots"), (30.1, "riots")] {
        put(&door, |feature| {
            feature["geometry"]["coordinates"] = json!([lon, 45.7]);
            feature["properties"]["event_type"] = json!(kind);
        })
        .await;
    }
    let all = Picture::of(&door.get("/maps/static.png?lang=ro&size=800x500").await);
    let (battles, riots) = (LIGHT.events[1], LIGHT.events[5]);
    assert!(all.count(battles) > 30 && all.count(riots) > 60, "{} {}", all.count(battles), all.count(riots));
    let some = Picture::of(&door.get("/maps/static.png?event-type=battles&size=800x500").await);
    assert!(some.count(battles) > 30 && some.count(riots) == 0);
    assert!(some.says["Kordon-Query"].contains("event-type=battles"));
    let boxed = Picture::of(&door.get("/maps/static.png?bbox=29,45,31,46&size=800x500").await);
    assert!(boxed.count(battles) == 0 && boxed.count(riots) > 60);
    let none = Picture::of(&door.get("/maps/static.png?event-type=protests").await);
    assert!(none.count(LIGHT.land) > 50_000, "the whole world");
}

#[tokio::test]
async fn nonsense_is_refused_with_what_would_be_right() {
    let door = Door::new();
    let id = put(&door, |_| {}).await;
    for at in [format!("{ITEMS}/{id}/map.png"), "/maps/static.png".to_owned()] {
        for (query, says) in [
            ("size=0x0", "100 to 2400"),
            ("size=99999999999x1", "size such as 1200x630"),
            ("size=2400x2400", "at most 3000000 pixels"),
            ("size=1200", "1200x630"),
            ("size=1200x630x3", "1200x630"),
            ("size=-1200x630", "1200x630"),
            ("theme=pink", "light, dark"),
            ("lang=!", "en, uk or ro"),
            ("siz=1", "size"),
        ] {
            let problem = door.get(&format!("{at}?{query}")).await.is_problem(400);
            let detail = problem["detail"].as_str().unwrap();
            assert!(detail.contains(says), "{query}: {detail}");
        }
    }
    door.get("/maps/static.png?bbox=1,2,3").await.is_problem(400);
    door.get(&format!("{ITEMS}/nothing/map.png")).await.is_problem(404);
    door.get(&format!("{ITEMS}/00000000-0000-4000-8000-000000000000/map.png")).await.is_problem(404);
}

#[tokio::test]
async fn what_is_not_public_has_no_picture_and_changes_none() {
    let door = Door::new();
    let id = put(&door, |_| {}).await;
    let before = Picture::of(&door.get("/maps/static.png").await);
    for hide in ["masking", "redistributable", "record_status"] {
        let hidden = put(&door, |feature| {
            feature["geometry"]["coordinates"] = json!([30.5, 50.4]);
            feature["properties"][hide] = match hide {
                "masking" => json!({"level": "hidden"}),
                "redistributable" => json!(false),
                _ => json!("draft"),
            };
        })
        .await;
        door.get(&format!("{ITEMS}/{hidden}/map.png")).await.is_problem(404);
        let now = Picture::of(&door.get("/maps/static.png").await);
        assert!(now.rgb == before.rgb, "{hide} shows on the map of all");
    }
    let gone = door.ask(Method::DELETE, &format!("{ITEMS}/{id}"), &[], "").await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    door.get(&format!("{ITEMS}/{id}/map.png")).await.is_problem(410);
}

#[tokio::test]
async fn what_is_known_only_as_an_area_gets_no_pin() {
    let door = Door::new();
    let exact = put(&door, |feature| feature["properties"]["verification"] = json!("verified")).await;
    let area = put(&door, |feature| {
        feature["properties"]["verification"] = json!("verified");
        feature["properties"]["location_radius_m"] = Value::Null;
        feature["properties"]["location_method"] = json!("admin_centroid");
    })
    .await;
    let (exact, area) = (
        Picture::of(&door.get(&format!("{ITEMS}/{exact}/map.png")).await),
        Picture::of(&door.get(&format!("{ITEMS}/{area}/map.png")).await),
    );
    assert!(exact.count(LIGHT.events[0]) > 200);
    assert!(area.count(LIGHT.events[0]) < 200, "a dashed ring and no sign: {}", area.count(LIGHT.events[0]));
    assert_eq!(area.count(LIGHT.line), 0, "no distance is claimed, so no way is drawn");
}

#[tokio::test]
async fn the_page_of_an_incident_has_its_card() {
    let door = Door::new();
    let id =
        put(&door, |feature| feature["properties"]["title"] = json!({ "en": "A \"quoted\" <title>" })).await;
    let page = door.get(&format!("{ITEMS}/{id}?f=html&lang=uk")).await.is_ok().text();
    let picture = format!("http://localhost:8080{ITEMS}/{id}/map.png?lang=uk");
    for part in [
        format!("<meta property=\"og:image\" content=\"{picture}\">"),
        "<meta name=\"twitter:card\" content=\"summary_large_image\">".to_owned(),
        "<meta property=\"og:image:width\" content=\"1200\">".to_owned(),
        "<meta property=\"og:title\" content=\"A &quot;quoted&quot; &lt;title&gt;\">".to_owned(),
        format!("srcset=\"{picture}&amp;theme=dark\""),
        format!("<img src=\"{picture}\" width=\"1200\" height=\"630\" alt=\"2025"),
    ] {
        assert!(page.contains(&part), "{part} is not in {page}");
    }
    Picture::of(&door.get(picture.strip_prefix("http://localhost:8080").unwrap()).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_pictures_than_may_wait_are_told_to_come_back() {
    let door = Arc::new(Door::new());
    put(&door, |_| {}).await;
    let ask = |number: u32| {
        let door = Arc::clone(&door);
        // Each is another picture, so that none is at hand.
        tokio::spawn(async move { door.get(&format!("/maps/static.png?size=1000x{}", 600 + number)).await })
    };
    let asked: Vec<_> = (0..80).map(ask).collect();
    let (mut drawn, mut busy) = (0, 0);
    for reply in asked {
        let reply = reply.await.unwrap();
        match reply.status {
            StatusCode::OK => drawn += 1,
            _ => {
                reply.is_problem(503);
                assert_eq!(reply.header("retry-after"), "2");
                busy += 1;
            }
        }
    }
    assert!(drawn >= 16 && busy > 0, "{drawn} drawn, {busy} refused");
    Picture::of(&door.get("/maps/static.png?size=1000x599").await);
}
