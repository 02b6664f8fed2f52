//! Which runs a question about yields covers: those of the last days or between two dates, of a line, a
//! shift, a species.

use api::ParameterError;
use api::days::DaysQuery;
use api::yields::YieldQuery;
use serve::window::Dates;
use serve::{State, is_asked_for, is_line_asked_for};

/// The days that were asked for. `None` where none were.
pub(crate) fn dates(query: &YieldQuery, state: &State) -> Result<Option<Dates>, ParameterError> {
    state.asked_dates(query.asked_days())
}

/// Whether a run is of the line, shift and species that were asked for. `line` holds the line's id and name,
/// either of which may match.
pub(crate) fn is_wanted(
    query: &YieldQuery,
    line: [Option<&str>; 2],
    shift: Option<&str>,
    species: Option<&str>,
) -> bool {
    is_line_asked_for(line, query.line.as_deref())
        && is_asked_for(shift, query.shift.as_deref())
        && is_asked_for(species, query.species.as_deref())
}
