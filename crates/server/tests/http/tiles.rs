//! Tiles described, at both of their addresses, and of the past.

use super::{Door, ITEMS, IZMAIL, feature, link};
use axum::http::Method;
use serde_json::json;

fn path(href: &str) -> String {
    href.strip_prefix("http://localhost:8080").unwrap().to_owned()
}

#[tokio::test]
async fn a_collection_leads_to_its_tilesets_to_its_scheme_and_to_its_tiles() {
    let door = Door::with_incidents().await;
    for collection in ["incidents", "territories"] {
        let described = door.get(&format!("/collections/{collection}")).await.is_ok().json();
        let rel = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector";
        let list = door.get(&path(link(&described, rel).unwrap())).await.is_ok().json();
        let tileset = &list["tilesets"][0];
        assert_eq!(
            (&tileset["dataType"], &tileset["tileMatrixSetId"]),
            (&json!("vector"), &json!("WebMercatorQuad"))
        );
        assert_eq!(door.get(&path(link(tileset, "self").unwrap())).await.is_ok().json(), *tileset);
        let scheme = link(tileset, "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme").unwrap();
        let scheme = door.get(&path(scheme)).await.is_ok().json();
        assert_eq!(scheme["tileMatrices"][0]["scaleDenominator"].as_f64().unwrap().round(), 559_082_264.0);
        assert_eq!(scheme["tileMatrices"][3]["matrixWidth"], 8);
        let template = link(tileset, "item").unwrap();
        let tile = template.replace("{tileMatrix}", "0").replace("{tileRow}", "0").replace("{tileCol}", "0");
        assert_eq!(
            door.get(&path(&tile)).await.is_ok().header("content-type"),
            "application/vnd.mapbox-vector-tile"
        );
    }
    let schemes = door.get("/tileMatrixSets").await.is_ok().json();
    assert_eq!(schemes["tileMatrixSets"][0]["id"], "WebMercatorQuad");
}

#[tokio::test]
async fn tilejson_leads_to_the_same_tiles_with_the_same_filter() {
    let door = Door::with_incidents().await;
    let about = "/collections/incidents/tiles/WebMercatorQuad/tilejson.json?within-km=10&of=ROU";
    let told = door.get(about).await.is_ok().json();
    assert_eq!(told["tilejson"], "3.0.0");
    assert!(told["vector_layers"][0]["fields"]["distance_m"].is_string());
    let at = |z: u8, x: u32, y: &str| -> String {
        let tile = path(told["tiles"][0].as_str().unwrap());
        tile.replace("{z}", &z.to_string()).replace("{x}", &x.to_string()).replace("{y}", y)
    };
    let near = door.get("/collections/incidents/tiles/WebMercatorQuad/4/5/9?within-km=10&of=ROU").await;
    assert!(!near.is_ok().body.is_empty());
    assert_eq!(door.get(&at(4, 9, "5")).await.is_ok().body, near.body);
    for ending in ["5.mvt", "5.pbf"] {
        assert_eq!(door.get(&at(4, 9, ending)).await.is_ok().body, near.body);
    }
    let all = door.get("/tiles/incidents/4/9/5").await;
    assert_ne!(all.is_ok().body, near.body);
    door.get("/tiles/incidents/4/9/5.png").await.is_problem(404);
    door.get("/tiles/incidents/0/1/0").await.is_problem(404);
    let land = door.get("/collections/territories/tiles/WebMercatorQuad/4/5/9").await.is_ok().body.clone();
    assert_eq!(door.get("/tiles/territories/4/9/5").await.is_ok().body, land);
}

#[tokio::test]
async fn a_tile_of_another_filter_has_another_etag_at_the_same_place() {
    let door = Door::with_incidents().await;
    let etag = async |query: &str| {
        door.get(&format!("/tiles/incidents/4/9/5{query}")).await.is_ok().header("etag").to_owned()
    };
    let all = etag("").await;
    for query in ["?q=Izmail", "?within-km=10&of=ROU", "?event-type=battles", "?datetime=2024-01-01/.."] {
        assert_ne!(etag(query).await, all, "{query}");
    }
    assert_eq!(etag("").await, all);
}

#[tokio::test]
async fn a_tile_of_a_snapshot_stays_what_it_was() {
    let door = Door::with_incidents().await;
    let page = door.get(ITEMS).await.json();
    let tile = "/tiles/incidents/4/9/5";
    let pinned = format!("{tile}?snapshot={}", page["snapshot"].as_str().unwrap());
    let before = door.get(&pinned).await;
    assert_eq!(before.is_ok().header("cache-control"), "public, max-age=600, immutable");
    let etag = door.get(tile).await.header("etag").to_owned();
    let known = door.ask(Method::GET, tile, &[("if-none-match", &etag)], "").await;
    assert_eq!(known.status, 304);
    door.post(ITEMS, "application/geo+json", &feature("Later", "2025-05-30", Some(IZMAIL)).to_string()).await;
    assert_eq!(door.get(&pinned).await.body, before.body);
    assert_ne!(door.get(tile).await.is_ok().body, before.body);
    let asked = door.ask(Method::GET, tile, &[("if-none-match", &etag)], "").await;
    asked.is_ok();
    let then = door.get(&format!("{tile}?as-of=5")).await;
    assert_eq!(then.is_ok().body, before.body);
}
