//! `/stops`: when lines stood still.

use std::cmp::Reverse;

use api::stops::{DAYS, LineStop, StopQuery};
use serve::{Answer, Ask, Result, State, is_asked_for, is_line_asked_for, work};
use warehouse::marts::{LINE_STOPS, LineStopRow, SHIFT_LINES, ShiftLineRow, rows};

use crate::begun::{ReadAt, widened};
use crate::open_stop::{last_runs, open_stop, shift_of};

pub(crate) async fn stops(state: State, ask: Ask<StopQuery, Vec<LineStop>>) -> Result<Answer> {
    let dates = state.dates(&ask.query, DAYS)?;
    let snapshot = state.snapshot().await?;
    // A stop of today may lie in a shift of yesterday or, where its date is that on which it ends, of tomorrow.
    let ended = snapshot.mart(&LINE_STOPS, widened(dates)).await?;
    let lines = snapshot.mart(&SHIFT_LINES, widened(dates)).await?;
    let lines = work(move || Ok(rows::<ShiftLineRow>(&lines)?)).await?;
    let runs = last_runs(&snapshot, &lines).await?;
    let shifts = snapshot.factory_settings()?.shifts;
    work(move || {
        let read_at = ReadAt::of(&state, &snapshot);
        let ended = rows::<LineStopRow>(&ended)?.into_iter().map(shown);
        let open = lines.iter().filter_map(|line| open_stop(line, &shift_of(line, &shifts)?, &runs, read_at));
        let is_wanted = |stop: &LineStop| {
            let day = stop.started_at.date();
            dates.from.is_none_or(|from| from <= day)
                && dates.to.is_none_or(|to| day <= to)
                && is_line_asked_for(
                    [stop.prod_line.as_deref(), stop.line_name.as_deref()],
                    ask.query.line.as_deref(),
                )
                && is_asked_for(Some(&stop.shift_code), ask.query.shift.as_deref())
        };
        let newest_first = ended.chain(open).filter(is_wanted).map(|stop| {
            let key =
                (Reverse(stop.started_at), stop.prod_line.clone(), stop.shift_date, stop.shift_code.clone());
            (key, stop)
        });
        ask.list(newest_first.collect(), &snapshot)
    })
    .await
}

fn shown(stop: LineStopRow) -> LineStop {
    LineStop {
        prod_line: stop.prod_line,
        line_name: stop.line_name,
        started_at: stop.started_at,
        ended_at: Some(stop.ended_at),
        minutes: stop.minutes,
        kind: stop.kind,
        run_before: stop.run_before,
        run_after: Some(stop.run_after),
        product_code: stop.product_code,
        shift_date: stop.shift_date,
        shift_code: stop.shift_code,
    }
}
