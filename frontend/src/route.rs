//! Which page the address asks for. Pages are hash routes, so that static storage needs no rewrite rules.

pub(crate) use api::pages::run_link;
use chrono::NaiveDate;
use percent_encoding::percent_decode_str;

/// A page that the address can ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// All numbers on one page.
    Dashboard,
    /// One run.
    Run(RunKey),
    /// An address that means nothing here.
    Unknown,
}

/// Which run: its number, and its production date where the number recurs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RunKey {
    pub(crate) number: String,
    /// The production date. Without it, the newest run of that number is meant.
    pub(crate) date: Option<NaiveDate>,
}

impl Route {
    /// Reads `#/`, `#/run/007208` or `#/run/007208?date=2026-11-23`. What does not begin with `#/` is a place
    /// on the dashboard.
    pub(crate) fn parse(hash: &str) -> Self {
        let Some(path) = hash.strip_prefix("#/") else { return Self::Dashboard };
        if path.is_empty() {
            return Self::Dashboard;
        }
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let number =
            path.strip_prefix("run/").and_then(|number| percent_decode_str(number).decode_utf8().ok());
        match number {
            Some(number) if !number.is_empty() => {
                let date = query.split('&').find_map(|pair| pair.strip_prefix("date=")?.parse().ok());
                Self::Run(RunKey { number: number.into_owned(), date })
            }
            _ => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_to_a_run_leads_back_to_the_same_run() {
        for number in ["007208", "R/7 %?#é", "a b"] {
            for date in [None, NaiveDate::from_ymd_opt(2026, 11, 23)] {
                let expect = Route::Run(RunKey { number: number.to_owned(), date });
                assert_eq!(Route::parse(&run_link(number, date)), expect);
            }
        }
    }

    #[test]
    fn places_on_the_dashboard_are_the_dashboard() {
        for hash in ["", "#", "#/", "#active-runs"] {
            assert_eq!(Route::parse(hash), Route::Dashboard, "{hash}");
        }
    }

    #[test]
    fn an_address_that_means_nothing_is_said_to_be_unknown() {
        for hash in ["#/run/", "#/runs/007208", "#/run/%FF"] {
            assert_eq!(Route::parse(hash), Route::Unknown, "{hash}");
        }
    }
}
