//! What is left of an import: its note, the records that it refused, and the way back.

use super::*;

const HALF: &str = "id,lon,lat,date,title\n1,28.8,45.3,2023-08-02,Port\n2,999,45.4,2023-09-06,Reni\n3,28.2,45.4,1527-09-06,Old\n";

async fn quarantined(door: &Door) -> String {
    let told = door
        .post("/imports?on-error=quarantine&source=desk&file=half.csv", "text/csv", HALF)
        .await
        .is_ok()
        .json();
    told["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_import_is_noted_with_its_counts_its_batch_and_who_it_was() {
    let door = Door::new();
    let id = quarantined(&door).await;
    let told = door.get(&format!("/imports/{id}")).await.is_ok().json();
    for (name, value) in [
        ("file", json!("half.csv")),
        ("records", json!(3)),
        ("accepted", json!(1)),
        ("updated", json!(0)),
        ("unchanged", json!(0)),
        ("refused", json!(2)),
        ("batch", json!(1)),
    ] {
        assert_eq!(told[name], value, "{name}: {told}");
    }
    assert!(told["by"].is_string() && told["at"].as_str().unwrap().ends_with('Z'), "{told}");
    let again = quarantined(&door).await;
    let listed = door.get("/imports?limit=1").await.is_ok().json();
    assert_eq!(listed["imports"].as_array().unwrap().len(), 1);
    assert_eq!(listed["imports"][0]["id"], again, "the newest comes first: {listed}");
    assert_eq!(listed["imports"][0]["batch"], Value::Null, "nothing new was written: {listed}");
    for wrong in ["0123456789abcdef", "..%2F..%2Fledger", "0123456789ABCDEG", "1"] {
        door.get(&format!("/imports/{wrong}")).await.is_problem(404);
        door.get(&format!("/imports/{wrong}/quarantine")).await.is_problem(404);
    }
}

#[tokio::test]
async fn refused_records_are_told_as_they_came_and_leave_when_they_are_mended() {
    let door = Door::new();
    let id = quarantined(&door).await;
    let at = format!("/imports/{id}/quarantine");
    let told = door.get(&at).await.is_ok().json();
    let records = told["records"].as_array().unwrap();
    assert_eq!(records.len(), 2, "{told}");
    assert_eq!(records[0]["record"], "2,999,45.4,2023-09-06,Reni");
    assert_eq!(records[0]["header"], "id,lon,lat,date,title");
    assert_eq!((&records[0]["line"], &records[1]["line"]), (&json!(3), &json!(4)));
    assert_eq!(records[1]["errors"][0]["field"], "date", "{told}");
    assert_eq!(door.get(&format!("{at}?limit=1")).await.is_ok().json()["numberMatched"], 2);

    let send = |body: String| {
        let to = format!("/imports?on-error=quarantine&mends={id}");
        let door = &door;
        async move { door.post(&to, "text/csv", &body).await.is_ok().json() }
    };
    let rows: Vec<&str> = records.iter().map(|one| one["record"].as_str().unwrap()).collect();
    let half_mended = format!("id,lon,lat,date,title\n{}\n{}\n", rows[0].replace("999", "28.3"), rows[1]);
    let sent = send(half_mended).await;
    assert_eq!((&sent["imported"], &sent["rejected"]), (&json!(1), &json!(1)), "{sent}");
    assert_eq!(door.get(&at).await.is_ok().json()["records"], json!([]), "they are mended, or kept anew");
    let rest =
        door.get(&format!("/imports/{}/quarantine", sent["id"].as_str().unwrap())).await.is_ok().json();
    assert_eq!(rest["records"][0]["record"], rows[1], "{rest}");
    door.post(&format!("/imports?mends={id}"), "text/csv", HALF).await.is_problem(400);

    // They kept their source: the whole file, mended, brings one that is new.
    let whole = HALF.replace("999", "28.3").replace("1527", "2023");
    let told = door.post("/imports?source=desk", "text/csv", &whole).await.is_ok().json();
    assert_eq!((&told["imported"], &told["unchanged"]), (&json!(1), &json!(2)), "{told}");
}

#[tokio::test]
async fn what_is_refused_again_just_as_it_was_stays_in_the_quarantine() {
    let door = Door::new();
    let id = quarantined(&door).await;
    let rows = "id,lon,lat,date,title\n2,999,45.4,2023-09-06,Reni\n3,28.2,45.4,1527-09-06,Old\n";
    let to = format!("/imports?on-error=quarantine&mends={id}&file=half.csv");
    let told = door.post(&to, "text/csv", rows).await.is_ok().json();
    assert_eq!(told["rejected"], 2, "{told}");
    let left =
        door.get(&format!("/imports/{}/quarantine", told["id"].as_str().unwrap())).await.is_ok().json();
    assert_eq!(left["numberMatched"], 2, "{left}");
}

/// The most memory that this process had.
#[cfg(target_os = "linux")]
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    peak.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Each was held with its text and its faults, a thousand times the line that it was.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn of_many_faulty_records_no_more_is_held_than_is_told() {
    const ROWS: usize = 200_000;
    let door = Door::new();
    let to = "/imports?dry-run=true&on-error=quarantine";
    door.post(to, "text/csv", HALF).await.is_ok(); // What is read for any import is in memory now.
    let before = peak_kib();
    let rows = format!("id,lon,lat,date,title\n{}", "1,999,x,y,\n".repeat(ROWS));
    let told = door.post(to, "text/csv", &rows).await.is_ok().json();
    assert_eq!(
        (&told["records"], &told["rejected"], &told["sound"]),
        (&json!(ROWS), &json!(ROWS), &json!(0))
    );
    assert_eq!(told["errors"].as_array().unwrap().len(), 100);
    assert!(told["errors_total"].as_u64().unwrap() >= ROWS as u64, "{}", told["errors_total"]);
    let more = peak_kib() - before;
    assert!(more < 80 << 10, "{more} KiB for {ROWS} rows");
}

#[tokio::test]
async fn an_import_is_taken_back_as_one() {
    let door = Door::new();
    let first = "id,lon,lat,date,title\n1,28.8,45.3,2023-08-02,Port\n";
    door.post("/imports?source=desk", "text/csv", first).await.is_ok();
    let second = first.replace("Port", "Harbour") + "2,28.3,45.4,2023-09-06,Reni\n";
    let told = door.post("/imports?source=desk", "text/csv", &second).await.is_ok().json();
    let at = format!("/imports/{}", told["id"].as_str().unwrap());
    let would = door.ask(Method::DELETE, &format!("{at}?dry-run=true"), &[], "").await.is_ok().json();
    assert_eq!(door.get(ITEMS).await.json()["numberMatched"], 2, "a dry run changes nothing");
    let taken = door.ask(Method::DELETE, &at, &[], "").await.is_ok().json();
    assert_eq!((&taken["withdrawn"], &taken["restored"]), (&would["withdrawn"], &would["restored"]));
    assert_eq!(taken["withdrawn"].as_array().unwrap().len(), 1, "{taken}");
    let left = door.get(ITEMS).await.json();
    assert_eq!(left["numberMatched"], 1, "{left}");
    assert!(left.to_string().contains("Port") && !left.to_string().contains("Harbour"), "{left}");
    // An import that wrote nothing has nothing to take back.
    let told = door.post("/imports?source=desk", "text/csv", first).await.is_ok().json();
    let at = format!("/imports/{}", told["id"].as_str().unwrap());
    door.ask(Method::DELETE, &at, &[], "").await.is_problem(409);
}

#[tokio::test]
async fn a_dry_run_shows_records_as_they_would_be_stored_and_what_becomes_of_each_column() {
    let door = Door::new();
    let csv = "nr,Breite,Laenge,Datum,was,Notiz\n1,45.3,28.8,2023-08-02 10:30,Port,x\n";
    let to = "/imports?dry-run=true&explain=true&preview=1&map=title=was&map=date_start=Datum&map=lat=Breite&map=lon=Laenge&date-order=dmy&fix=utc";
    let told = door.post(to, "text/csv", csv).await.is_ok().json();
    let shown = &told["preview"][0];
    assert_eq!(shown["properties"]["date_start"], "2023-08-02T10:30:00Z", "{told}");
    assert_eq!(shown["geometry"]["coordinates"], json!([28.8, 45.3]), "{told}");
    let line = |theirs: &str| {
        let lines = told["explained"].as_array().unwrap();
        lines
            .iter()
            .find(|line| line["theirs"] == theirs)
            .unwrap_or_else(|| panic!("{theirs}: {told}"))
            .clone()
    };
    assert_eq!((&line("was")["ours"], &line("was")["by"]), (&json!("title"), &json!("--map")));
    assert_eq!(line("Notiz")["ours"], Value::Null);
    assert_eq!(told["repairs_total"], told["repairs"].as_array().unwrap().len());
    assert!(told["repairs_total"].as_u64().unwrap() >= 1, "{told}");
    for bad in
        ["fix=guess", "profile=unheard", "date-order=ymd", "map=title", "mends=1", "preview=-1", "file=a%00b"]
    {
        let door = &door;
        let status = door.post(&format!("/imports?{bad}"), "text/csv", csv).await.status;
        assert!(status == StatusCode::BAD_REQUEST || status == StatusCode::NOT_FOUND, "{bad}: {status}");
    }
    assert_eq!(door.get(ITEMS).await.json()["numberMatched"], 0);
}

#[tokio::test]
async fn a_named_profile_reads_columns_as_its_source_means_them() {
    let door = Door::new();
    let csv = "latitude,longitude,acq_date,acq_time,confidence\n45.3,28.8,2023-08-02,0105,n\n";
    let with = |profile: &str| format!("/imports?dry-run=true&explain=true&profile={profile}");
    let told = door.post(&with("firms"), "text/csv", csv).await.is_ok().json();
    assert!(told["explained"].to_string().contains("profile firms"), "{told}");
    let told = door.post(&with("none"), "text/csv", csv).await;
    assert!(!told.text().contains("profile firms"), "{}", told.text());
}

#[tokio::test]
async fn imports_are_told_to_writers_only() {
    let mut tokens = Tokens::default();
    tokens.add(new_token("desk").unwrap().1).unwrap();
    let door = Door::with(|config| config.access = Access::new(tokens, true));
    for path in ["/imports", "/imports/0123456789abcdef", "/imports/0123456789abcdef/quarantine"] {
        door.get(path).await.is_problem(401);
    }
    door.ask(Method::DELETE, "/imports/0123456789abcdef", &[], "").await.is_problem(401);
}

#[tokio::test]
async fn what_stays_withdrawn_and_what_is_withheld_is_told_and_restore_brings_the_former_back() {
    let door = Door::new();
    let rows = "id,lon,lat,date,title,redistributable\n1,28.8,45.3,2023-08-02,Port,\n2,28.3,45.4,2023-09-06,Reni,false\n";
    let told = door.post("/imports?source=desk", "text/csv", rows).await.is_ok().json();
    assert_eq!((&told["withheld"], &told["withdrawn"]), (&json!(1), &json!(0)), "{told}");
    let at = format!("/imports/{}", told["id"].as_str().unwrap());
    door.ask(Method::DELETE, &at, &[], "").await.is_ok();
    let told = door.post("/imports?source=desk", "text/csv", rows).await.is_ok().json();
    assert_eq!((&told["withdrawn"], &told["unchanged"]), (&json!(2), &json!(2)), "{told}");
    assert_eq!(told["withheld"], 0, "what is withdrawn is not withheld: {told}");
    let told = door.post("/imports?source=desk&restore=true", "text/csv", rows).await.is_ok().json();
    assert_eq!(
        (&told["withdrawn"], &told["updated"], &told["withheld"]),
        (&json!(0), &json!(2), &json!(1)),
        "{told}"
    );
    assert_eq!(door.get(ITEMS).await.json()["numberMatched"], 1);
}

#[tokio::test]
async fn an_import_says_with_which_file_what_it_revises_had_come() {
    let door = Door::new();
    let first = "id,lon,lat,date,title,location_radius_m\n1,28.8,45.3,2023-08-02,Port,100\n2,28.3,45.4,2023-09-06,Reni,100\n";
    door.post("/imports?source=desk&file=a.csv", "text/csv", first).await.is_ok();
    let second = first.replace("28.8,45.3,2023", "30.5,50.4,2022").replace("Reni", "A port");
    let told = door.post("/imports?source=desk&file=b.csv", "text/csv", &second).await.is_ok().json();
    let expected = json!([{"file": "a.csv", "batch": 1, "updated": {"count": 2, "names": ["desk:1", "desk:2"]},
        "elsewhere": {"count": 1, "names": ["desk:1"]}}]);
    assert_eq!(told["revised"], expected, "{told}");
}
