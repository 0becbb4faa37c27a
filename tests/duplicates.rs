//! One strike in two reports: named, made one, found under both ids, and made two again.

use std::path::Path;

use serde_json::{Value, json};

use crate::harness::{Server, folder, kordon};

/// One strike twice, four rows that cannot be, a row of its own, and a row that must not be passed on.
const EIGHT: &str = "id,date,longitude,latitude,title,location_radius_m,source_url,source_name,redistributable\n\
    1,2023-08-02T04:10:00+03:00,28.8372,45.3512,Drones hit the grain elevator at the port of Izmail,500,https://news.example/izmail,Suspilne,\n\
    2,2023-08-02T04:50:00+03:00,28.8410,45.3508,Порт Ізмаїла: дрони влучили в елеватор із зерном,500,https://news.example/izmail?utm_source=tg,Telegram,\n\
    3,2023-08-02,45.3512,128.8372,Coordinates the wrong way round,500,,,\n\
    4,1527-08-02,28.8372,45.3512,A year that cannot be,500,,,\n\
    5,UKR61234,28.8372,45.3512,An id for a date,500,,,\n\
    6,2023-08-02,0,0,Nowhere,500,,,\n\
    7,2023-08-02T04:30:00+03:00,28.2830,45.4560,Drone debris found near Reni,500,https://news.example/reni,Suspilne,\n\
    8,2023-08-21,28.8372,45.3512,Air raid alert in Izmail,5000,,ACLED,false\n";

fn pairs(at: &Path) -> Vec<Value> {
    let said = kordon(at, &["duplicates", "--json"]);
    assert_eq!(said.code, 0, "{said:?}");
    said.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The id of the report that came as this number.
fn id_of(at: &Path, number: &str) -> String {
    let said = kordon(at, &["find", "--json"]);
    let features = said.out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let is_it = |feature: &Value| feature["properties"]["same_as"][0] == format!("desk:{number}");
    features.into_iter().find(is_it).unwrap()["id"].as_str().unwrap().to_owned()
}

#[test]
fn of_eight_rows_four_are_kept_and_the_strike_that_is_told_twice_becomes_one() {
    let at = folder();
    std::fs::write(at.path().join("eight.csv"), EIGHT).unwrap();
    let import = ["import", "eight.csv", "--source", "desk", "--on-error", "quarantine"];
    let said = kordon(at.path(), &import);
    assert!(said.code == 1 && said.err.contains("accepted 4, updated 0, unchanged 0, refused 4"), "{said:?}");
    for place in ["eight.csv:4:", "eight.csv:5:", "eight.csv:6:", "eight.csv:7:"] {
        assert!(said.err.contains(place), "{place} {}", said.err);
    }
    for word in ["swapped", "1527", "UKR61234", "0, 0"] {
        assert!(said.err.contains(word), "{word} {}", said.err);
    }

    let found = pairs(at.path());
    let [one, other] = ["1", "2"].map(|number| id_of(at.path(), number));
    let mut both = [one.clone(), other.clone()];
    both.sort();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0]["ids"], json!(both));
    assert_eq!(found[0]["is_repost"], true);
    let why = found[0]["why"].to_string();
    for part in ["301 m apart", "40 min apart", "the same page"] {
        assert!(why.contains(part), "{part}: {why}");
    }

    let server = Server::start(at.path(), &["serve"]);
    let item = |id: &str| format!("/collections/incidents/items/{id}");
    let told = server.get("/collections/incidents/duplicates").json();
    assert_eq!(told["numberMatched"], 1);
    assert_eq!(told["pairs"][0]["ids"], found[0]["ids"]);
    let merge = format!("{}/merge", item(&other));
    let into = |id: &str| json!({ "into": id }).to_string();
    assert_eq!(server.post(&merge, "application/json", b"{\"into\": 7}").status, 400);
    assert_eq!(server.post(&merge, "application/json", into(&other).as_bytes()).status, 409);
    assert_eq!(server.post(&merge, "application/json", into(&one).as_bytes()).status, 204);
    let moved = server.get(&format!("{}?f=json", item(&other)));
    assert_eq!(moved.status, 307);
    assert_eq!(moved.json()["merged_into"], one);
    assert!(moved.location().unwrap().ends_with(&format!("{}?f=json", item(&one))), "{:?}", moved.location());
    let merged = server.get(&item(&one)).json();
    assert_eq!(merged["properties"]["sources"].as_array().unwrap().len(), 2);
    assert_eq!(merged["properties"]["merged_from"], json!([other]));
    assert_eq!(
        server.get("/collections/incidents/items").json()["numberMatched"],
        2,
        "the ACLED row is not public"
    );
    assert_eq!(server.get("/collections/incidents/duplicates").json()["numberMatched"], 0);
    let undo = server.send("DELETE", &merge, &[], b"");
    assert_eq!(undo.status, 204);
    assert_eq!(server.get(&item(&other)).status, 200);
    assert_eq!(server.send("DELETE", &merge, &[], b"").status, 409, "once");
    assert_eq!(server.end(), 0);

    let again = kordon(at.path(), &["merge", &other, "--into", &one, "--by", "analyst"]);
    assert_eq!(again.code, 0, "{again:?}");
    let said = kordon(at.path(), &import);
    assert!(
        said.err.contains("accepted 0, updated 0, unchanged 4, refused 4"),
        "a merge is not undone by the file: {said:?}"
    );
    assert_eq!(kordon(at.path(), &["unmerge", &other]).code, 0);
    assert_eq!(pairs(at.path()).len(), 1);
    let refused = kordon(at.path(), &["unmerge", &other]);
    assert!(refused.code == 2 && refused.err.contains("is not merged"), "{refused:?}");
    assert_eq!(kordon(at.path(), &["verify"]).code, 0);
}
