use super::*;

const WHOLE: &str = r#"
[[shifts]]
code = "AM"
start = "06:00"
end = "14:00"
days = ["Tue", "Mon", "Wed", "Thu", "Fri", "Sat"]
breaks = [["10:00", "10:20"]]
[[shifts]]
code = "NIGHT"
start = "22:00"
end = "06:00"
date = "end"
[lines.L1]
shift_target_kg = 700
[grades]
Premium = ["RSPCA", "RSPCA Assured"]
GG = ["Standard"]
[prices]
currency = "GBP"
[prices.products]
"PREM-240" = 18.40
[prices.tiers]
1 = 16
[limits]
stop_minutes = 5
low_yield_pct = 92.5
sensor_max_c = 80
[alerts]
"#;

fn lines(ids: &[&str]) -> BTreeSet<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

#[test]
fn a_whole_file_is_read_and_what_it_does_not_say_has_its_default() {
    let settings = parse(WHOLE.as_bytes(), Some(&lines(&["l1 ", "L2"]))).unwrap();
    let at = |hour, minute| NaiveTime::from_hms_opt(hour, minute, 0).unwrap();
    let [am, night] = settings.shifts.as_slice() else { panic!("{:?}", settings.shifts) };
    assert_eq!((am.start, am.end, am.date, am.days.len()), (at(6, 0), at(14, 0), ShiftDate::Start, 6));
    assert_eq!((am.days[0], &am.breaks), (Weekday::Mon, &vec![(at(10, 0), at(10, 20))]));
    assert_eq!((night.date, night.days.len(), night.minutes()), (ShiftDate::End, 7, 480));
    assert_eq!(settings.lines["L1"].shift_target_kg, Some(700.0));
    assert_eq!(settings.grades.grade("standard "), Some(Grade::Gg));
    assert_eq!(settings.prices.currency.as_deref(), Some("GBP"));
    assert_eq!((settings.prices.products["PREM-240"], settings.prices.tiers[&1]), (18.4, 16.0));
    let limits = Limits {
        stop_minutes: 5.0,
        low_yield_pct: 92.5,
        sensor_max_c: 80.0,
        intake_max_c: 4.0,
        vehicle_max_c: 5.0,
        giveaway_pct: 3.0,
        sensor_min_c: -60.0,
    };
    assert_eq!(settings.limits, limits);
    let windows = format!("\u{feff}{}", WHOLE.replace('\n', "\r\n"));
    assert_eq!(parse(windows.as_bytes(), None), Ok(settings), "as an editor on Windows saves it");
    assert_eq!(parse(b"", None), Ok(FactorySettings::default()));
    // What a version keeps in the manifest, it reads again as it was.
    let settings = parse(WHOLE.as_bytes(), None).unwrap();
    let kept = serde_json::to_value(&settings).unwrap();
    assert_eq!(serde_json::from_value::<FactorySettings>(kept).unwrap(), settings);
}

#[test]
fn what_is_not_understood_is_an_error_with_its_line_and_what_to_do() {
    let check = |text: &str, expect: &str| {
        let wrong = parse(text.as_bytes(), Some(&lines(&["L1", "L2"]))).unwrap_err().to_string();
        assert!(wrong.starts_with(expect), "{text}\n{wrong}");
    };
    let shift = |rest: &str| format!("[[shifts]]\ncode = \"AM\"\nstart = \"06:00\"\nend = \"14:00\"\n{rest}");
    check("[limit]\n", "line 1: unknown field `limit`, expected one of ");
    check("[limits]\n\nlow_yield = 90\n", "line 3: unknown field `low_yield`, expected one of ");
    check("[alerts]\nmail = \"x\"\n", "line 2: unknown field `mail`");
    check("[limits]\nlow_yield_pct = 90\nlow_yield_pct = 91\n", "line 3: duplicate key");
    check("[limits\n", "line 1: ");
    check("[limits]\nlow_yield_pct = \"90\"\n", "line 2: invalid type: string \"90\", expected f64");
    check("[limits]\nlow_yield_pct = 120\n", "line 2: low_yield_pct is `120`: use a number from 0 to 100");
    check("[limits]\ngiveaway_pct = nan\n", "line 2: giveaway_pct is `NaN`: use a number from 0 to 100");
    check("[limits]\nsensor_min_c = 70\n", "line 2: sensor_min_c is 70, which is not below sensor_max_c, 60");
    check("[[shifts]]\ncode = \"AM\"\nstart = \"06:00\"\n", "line 1: missing field `end`");
    check(&shift("").replace("14:00", "24:00"), "line 4: `24:00` is no time of day: write it from ");
    check(&shift("days = [\"Mon\", \"Moon\"]"), "line 5: `Moon` is no day: use one of Mon, Tue, ");
    check(&shift("days = []"), "line 5: a shift without days is never on");
    check(&shift("date = \"middle\""), "line 5: `middle` is no shift date: use one of start, end");
    check(&shift("breaks = [[\"13:50\", \"14:10\"]]"), "line 5: the break from 13:50 to 14:10 is not within");
    check(
        &shift("breaks = [[\"10:00\", \"10:20\"],\n  [\"10:10\", \"10:30\"]]"),
        "line 6: the break from 10:10 to 10:30 overlaps another",
    );
    check(&shift("breaks = [[\"10:00\"]]"), "line 5: invalid length 1, expected an array of length 2");
    let second = "[[shifts]]\ncode = \"PM\"\nstart = \"13:00\"\nend = \"22:00\"\ndays = [\"Sun\"]\n";
    check(
        &shift(second),
        "line 6: the shifts `AM` and `PM` are both on at Sun 13:00: let one end before the other starts",
    );
    check(&shift(&second.replace("PM", "am ")), "line 6: the shift `am` is there twice");
    check(
        "[lines.L1]\nshift_target_kg = 1\n[lines.L9]\nshift_target_kg = 2\n",
        "line 3: there is no line `L9`: the ERP has L1, L2",
    );
    check("[lines.L1]\n[lines.l1]\n", "line 2: the line `l1` is there twice");
    check("[lines.L1]\nshift_target_kg = -5\n", "line 2: shift_target_kg is `-5`: use a number from ");
    check("[grades]\nPremium = [\"A\"]\nGG = [\"B\",\n\"a\"]\n", "line 4: `a` means Premium already");
    check("[grades]\nPremium = [\" gg\"]\n", "line 2: `gg` means GG already");
    check("[grades]\npremium = [\"A\"]\n", "line 2: unknown field `premium`, expected ");
    check("[prices]\ncurrency = \"pounds\"\n", "line 2: `pounds` is no currency");
    check("[prices.tiers]\n4 = 1.0\n", "line 2: `4` is no tier: use 1, 2 or 3");
    check("[prices.products]\n\"A\" = 1.0\n\"a\" = 2.0\n", "line 3: the product `a` is there twice");
    check("[prices.products]\n\"A\" = inf\n", "line 2: its price is `inf`: use a number from 0 to 1000000");
}

#[test]
fn what_is_no_text_or_far_too_long_is_refused() {
    let utf_16: Vec<u8> = "[limits]\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let wrong = parse(&[&[0xff, 0xfe][..], &utf_16].concat(), None).unwrap_err();
    assert_eq!(wrong.to_string(), "line 1: this is no text in UTF-8: save the file as UTF-8");
    let long = "#".repeat(BYTES_MAX + 1);
    assert_eq!(parse(long.as_bytes(), None).unwrap_err().to_string(), "the file has over 262144 bytes");
}

#[test]
fn lines_are_not_checked_while_nobody_knows_them() {
    let file = b"[lines.L9]\nshift_target_kg = 2\n";
    assert!(parse(file, None).is_ok());
    let wrong = parse(file, Some(&BTreeSet::new())).unwrap_err().to_string();
    assert_eq!(wrong, "line 1: there is no line `L9`: the ERP has no lines");
}
