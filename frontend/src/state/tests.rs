use super::*;

fn instant(text: &str) -> DateTime<FixedOffset> {
    DateTime::parse_from_rfc3339(text).unwrap()
}

fn fetched<T>(answer: T, time: &str) -> Fetched<T> {
    Fetched { answer, data_as_of: Some(instant(&format!("2026-11-23T{time}:00+01:00"))), at_ms: 0.0 }
}

/// How long the page has been open at a moment, in milliseconds. It was opened at two o'clock.
fn page_ms(moment: &str) -> f64 {
    (instant(moment) - instant("2026-11-23T14:00:00+01:00")).num_milliseconds() as f64
}

/// The state of a lake whose data is of `time` and was 30 s old when the server told it.
fn healthy(time: &str) -> Fetched<Health> {
    let mut health = health("ok");
    health.answer.data_as_of = Some(instant(&format!("2026-11-23T{time}:00+01:00")));
    health.answer.age_seconds = Some(30);
    health.at_ms = page_ms(&format!("2026-11-23T{time}:30+01:00"));
    health
}

fn health(status: &str) -> Fetched<Health> {
    let answer = Health {
        status: status.into(),
        tables: 17,
        marts: 4,
        data_as_of: None,
        age_seconds: None,
        reconciled_at: None,
        old_after_seconds: 300,
        stale_after_seconds: 900,
        watermarks: std::collections::BTreeMap::new(),
        version: "1".into(),
    };
    Fetched { answer, data_as_of: None, at_ms: 0.0 }
}

pub(crate) fn no_yield() -> YieldTotal {
    YieldTotal {
        from: None,
        to: None,
        runs: 0,
        input_kg: None,
        target_kg: None,
        total_kg: None,
        waste_kg: None,
        yield_pct: None,
        waste_pct: None,
        efficiency_pct: None,
        giveaway_pct: None,
        low_yield_pct: 90.0,
        is_low: None,
        dates: Vec::new(),
    }
}

fn reading(location: &str) -> Breach {
    Breach {
        location: Some(location.into()),
        reading_time: instant("2026-11-23T14:00:00+01:00").naive_local(),
        temp_celsius: 6.0,
        target_min: Some(0.0),
        target_max: Some(4.0),
        degrees_over: 2.0,
        recorded_by: None,
    }
}

/// All is answered at `time`, with one breach at `location`.
fn good_round(time: &str, location: &str) -> BoardRound {
    BoardRound {
        at_ms: page_ms(&format!("2026-11-23T{time}:30+01:00")),
        health: Ok(healthy(time)),
        shift: Ok(fetched(ShiftNow::default(), time)),
        yields: Ok(fetched(no_yield(), time)),
        active: Ok(fetched(Vec::new(), time)),
        breaches: Ok(fetched(vec![reading(location)], time)),
        checks: Ok(fetched(Vec::new(), time)),
        expiring: Ok(fetched(Vec::new(), time)),
    }
}

/// Nothing is answered.
fn failed_round(problem: &ApiError) -> BoardRound {
    let error = problem.clone();
    BoardRound {
        at_ms: page_ms("2026-11-23T14:33:00+01:00"),
        health: Err(error.clone()),
        shift: Err(error.clone()),
        yields: Err(error.clone()),
        active: Err(error.clone()),
        breaches: Err(error.clone()),
        checks: Err(error.clone()),
        expiring: Err(error),
    }
}

fn location(board: &Board) -> Option<String> {
    board.breaches.answer.as_ref()?.first()?.location.clone()
}

fn problem(status: u16, detail: &str) -> ApiError {
    ApiError::Problem { status, detail: detail.into() }
}

#[test]
fn the_last_good_numbers_stay_while_the_api_is_away_and_go_when_it_is_back() {
    let shown = Board::default().after(good_round("14:31", "Chiller 1"));
    assert_eq!((location(&shown).as_deref(), &shown.fresh.outage), (Some("Chiller 1"), &None));

    let away =
        shown.clone().after(failed_round(&ApiError::Unavailable)).after(failed_round(&ApiError::Unavailable));
    assert_eq!(location(&away).as_deref(), Some("Chiller 1"));
    let outage = away.fresh.outage.as_ref().unwrap();
    assert_eq!(outage.text(away.fresh.today), "API unavailable – showing the numbers of 14:31");
    assert_eq!(
        (away.fresh.checked_at_ms, away.fresh.data_as_of),
        (shown.fresh.checked_at_ms, shown.fresh.data_as_of)
    );

    let back = away.after(good_round("14:35", "Chiller 2"));
    assert_eq!((location(&back).as_deref(), &back.fresh.outage), (Some("Chiller 2"), &None));
    assert!(back.fresh.checked_at_ms > shown.fresh.checked_at_ms);
}

#[test]
fn numbers_of_yesterday_are_said_to_be_of_yesterday() {
    let mut night = failed_round(&ApiError::Unavailable);
    night.at_ms = page_ms("2026-11-24T00:01:00+01:00");
    let fresh = Board::default().after(good_round("14:31", "Chiller 1")).after(night).fresh;
    assert_eq!(
        fresh.outage.unwrap().text(fresh.today),
        "API unavailable – showing the numbers of 23 Nov 14:31"
    );
}

#[test]
fn an_api_that_was_never_there_is_said_to_be_unavailable_not_empty() {
    let board = Board::default().after(failed_round(&problem(503, "the lake cannot be read")));
    let outage = board.fresh.outage.unwrap();
    assert_eq!(outage.text(None), "API unavailable – no numbers to show yet");
    assert_eq!(outage.detail.as_deref(), Some("the lake cannot be read"));
    assert!(!board.fresh.empty && board.fresh.checked_at_ms.is_none());
}

#[test]
fn one_endpoint_that_fails_keeps_its_numbers_while_the_others_move_on() {
    let board = Board::default().after(good_round("14:31", "Chiller 1"));
    let mut round = good_round("14:40", "Chiller 2");
    round.breaches = Err(problem(500, "something went wrong"));
    let board = board.after(round);
    assert_eq!(location(&board).as_deref(), Some("Chiller 1"));
    let ages = (board.fresh.data_as_of, board.fresh.lagging);
    assert_eq!(ages, (Some(instant("2026-11-23T14:31:00+01:00")), vec!["temperatures"]));
    assert_eq!(
        board.fresh.outage.unwrap().text(board.fresh.today),
        "API unavailable for temperatures – showing the numbers of 14:31"
    );
    assert_eq!(board.fresh.checked_at_ms, Some(page_ms("2026-11-23T14:31:30+01:00")), "not all is checked");
}

#[test]
fn a_lake_without_data_is_empty_until_the_first_numbers_come() {
    let mut round = failed_round(&problem(503, "there is no data yet"));
    round.health = Ok(health("empty"));
    let board = Board::default().after(round);
    assert_eq!((board.fresh.empty, &board.fresh.outage), (true, &None));
    let board = board.after(good_round("14:31", "Chiller 1"));
    assert_eq!((board.fresh.empty, location(&board).as_deref()), (false, Some("Chiller 1")));
}

#[test]
fn the_date_is_that_of_the_factory() {
    let mut round = good_round("14:31", "Chiller 1");
    round.at_ms = page_ms("2026-11-23T23:30:00+00:00");
    let board = Board::default().after(round);
    assert_eq!(board.fresh.today, NaiveDate::from_ymd_opt(2026, 11, 24), "half past midnight at +01:00");
}

#[test]
fn the_time_is_what_the_server_said_and_what_has_passed_since() {
    let at = |moment: &str| Some(instant(moment).timestamp_millis() as f64);
    let five_past_three = page_ms("2026-11-23T15:05:00+01:00");
    let mut round = good_round("14:31", "Chiller 1");
    round.health = Err(ApiError::Unavailable);
    let untold = Board::default().after(round);
    assert_eq!((untold.fresh.clock.ms(five_past_three), untold.fresh.today), (None, None));
    let told = untold.after(good_round("14:31", "Chiller 1"));
    assert_eq!(told.fresh.clock.ms(five_past_three), at("2026-11-23T15:05:00+01:00"));
    let away = told.after(failed_round(&ApiError::Unavailable));
    assert_eq!(away.fresh.clock.ms(five_past_three), at("2026-11-23T15:05:00+01:00"), "it goes on");
    // Another server is ten seconds ahead of the first.
    let mut round = good_round("14:40", "Chiller 1");
    round.health.as_mut().unwrap().answer.age_seconds = Some(40);
    assert_eq!(away.after(round).fresh.clock.ms(five_past_three), at("2026-11-23T15:05:10+01:00"));
}

#[test]
fn the_page_is_as_old_as_its_oldest_numbers_and_names_them_when_they_lag() {
    let ages = |checks: &str| {
        let mut round = good_round("14:31", "Chiller 1");
        round.checks = Ok(fetched(Vec::new(), checks));
        let fresh = Board::default().after(round).fresh;
        (fresh.data_as_of.unwrap().format("%H:%M").to_string(), fresh.lagging)
    };
    assert_eq!(ages("14:30"), ("14:30".into(), vec![]));
    assert_eq!(ages("14:20"), ("14:20".into(), vec!["compliance"]));
    assert_eq!(
        ages("14:40"),
        ("14:31".into(), vec!["the shift", "yields", "active runs", "temperatures", "shelf life"])
    );
}

#[test]
fn an_answer_that_hides_its_age_is_as_old_as_the_lake() {
    let mut round = good_round("14:31", "Chiller 1");
    round.yields = Ok(Fetched { answer: no_yield(), data_as_of: None, at_ms: 0.0 });
    let mut lake = healthy("14:31");
    lake.answer.data_as_of = Some(instant("2026-11-23T14:29:00+01:00"));
    round.health = Ok(lake);
    assert_eq!(Board::default().after(round).fresh.data_as_of, Some(instant("2026-11-23T14:29:00+01:00")));
}

mod of_a_run {
    use super::*;
    use api::runs::Run;

    fn key(number: &str) -> RunKey {
        RunKey { number: number.into(), date: None }
    }

    fn detail_of(number: &str) -> RunDetail {
        let run = Run {
            run_number: number.into(),
            production_date: NaiveDate::from_ymd_opt(2026, 11, 23).unwrap(),
            prod_line: None,
            line_name: None,
            shift_code: None,
            species: None,
            product_type: None,
            product_code: None,
            product: None,
            target_kg: None,
            actual_kg: None,
            packs: 0,
            giveaway_pct: None,
            started_at: None,
            complete: false,
            active: true,
            input_kg: None,
            yield_pct: None,
            waste_kg: None,
            waste_pct: None,
            efficiency_pct: None,
            inputs_without_weight: 0,
            outputs_without_weight: 0,
            rejected_rows: 0,
        };
        RunDetail {
            run,
            state: "on".into(),
            is_low: None,
            totals: None,
            sheet: None,
            inputs: Vec::new(),
            outputs: Vec::new(),
            weights: None,
            checks: Vec::new(),
        }
    }

    fn round(number: &str, run: Outcome<RunDetail>) -> RunRound {
        RunRound { at_ms: 60_000.0, key: key(number), health: Ok(health("ok")), run }
    }

    #[test]
    fn a_run_stays_on_screen_while_the_api_is_away() {
        let view = RunView::default().after(round("007208", Ok(fetched(detail_of("007208"), "14:31"))));
        let view = view.after(round("007208", Err(ApiError::Unavailable)));
        assert_eq!(view.run.answer.as_ref().unwrap().run.run_number, "007208");
        assert!(
            view.fresh
                .outage
                .unwrap()
                .text(None)
                .starts_with("API unavailable – showing the numbers of 23 Nov 14:31")
        );
    }

    #[test]
    fn a_run_that_is_unknown_is_no_outage_and_leaves_the_screen() {
        let view = RunView::default().after(round("007208", Ok(fetched(detail_of("007208"), "14:31"))));
        let view = view.after(round("007208", Err(problem(404, "there is no run `007208`"))));
        assert_eq!((view.run.answer, view.fresh.outage), (None, None));
        assert_eq!(view.run.problem.unwrap().to_string(), "there is no run `007208`");
    }

    #[test]
    fn the_numbers_of_another_run_are_never_shown() {
        let view = RunView::default().after(round("007208", Ok(fetched(detail_of("007208"), "14:31"))));
        assert_eq!(view.of(&key("007209")).run.answer, None);
        assert_eq!(view.after(round("007209", Err(ApiError::Unavailable))).run.answer, None);
    }
}
