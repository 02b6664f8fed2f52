//! Parameters of a request: types that know their bounds, parse their text and name themselves in an error.

mod parameter;

pub use parameter::{AFTER_MAX, After, Days, Format, Limit, Parameter, ParameterKind, TEXT_MAX, Whole};

use crate::{Described, Shape};

/// A parameter that cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("parameter `{name}`: `{}` {expected}", shorten(value))]
pub struct ParameterError {
    /// The name of the parameter.
    pub name: String,
    /// What was sent.
    pub value: String,
    /// What would be right: "is not a whole number from 1 to 365".
    pub expected: String,
}

/// The parameters of an endpoint. Declare them with [`query!`](crate::query).
pub trait Query: Sized {
    /// The parameters, in the order in which they are declared.
    const PARAMETERS: &'static [ParameterDoc];

    /// Whether names that are not declared are ignored. Everywhere else they are refused: a filter that was
    /// mistyped must not widen the answer in silence.
    const IGNORES_OTHERS: bool = false;

    /// Reads the parameters from decoded name-value pairs. Pairs of other names are ignored.
    fn read(pairs: &[(String, String)]) -> Result<Self, ParameterError>;

    /// The name-value pairs that read back as these parameters. An absent parameter has no pair.
    fn pairs(&self) -> Vec<(&'static str, String)>;
}

/// A parameter as it is described to people.
#[derive(Clone, Copy, Debug)]
pub struct ParameterDoc {
    /// The name by which it is asked for.
    pub name: &'static str,
    /// What it does.
    pub doc: &'static str,
    /// The values that it takes.
    pub kind: ParameterKind,
}

/// Declares the parameters of an endpoint: a struct whose fields are [`Parameter`]s, and its [`Query`].
#[macro_export]
macro_rules! query {
    ($(#[doc = $doc:literal])+ pub struct $name:ident { $($(#[doc = $field_doc:literal])+ $field:ident: $type:ty),* $(,)? }) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name { $($(#[doc = $field_doc])+ pub $field: $type),* }

        impl $crate::Query for $name {
            const PARAMETERS: &'static [$crate::query::ParameterDoc] = &[$($crate::query::ParameterDoc {
                name: $crate::query::plain(stringify!($field)),
                doc: concat!($($field_doc),+),
                kind: <$type as $crate::query::Parameter>::KIND,
            }),*];

            fn read(pairs: &[(String, String)]) -> Result<Self, $crate::ParameterError> {
                // Keeps `pairs` in use where there are no parameters.
                let _ = pairs;
                Ok(Self { $($field: $crate::query::read(pairs, $crate::query::plain(stringify!($field)))?),* })
            }

            fn pairs(&self) -> Vec<(&'static str, String)> {
                [$(($crate::query::plain(stringify!($field)), $crate::query::Parameter::write(&self.$field))),*]
                    .into_iter()
                    .filter_map(|(name, text): (_, Option<String>)| text.map(|text| (name, text)))
                    .collect()
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: Default::default()),* }
            }
        }
    };
}

query! {
    /// An endpoint without parameters of its own.
    pub struct NoQuery {}
}

/// An endpoint without parameters that a prober asks, which may add whatever it likes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AnyQuery;

impl Query for AnyQuery {
    const PARAMETERS: &'static [ParameterDoc] = &[];
    const IGNORES_OTHERS: bool = true;

    fn read(_: &[(String, String)]) -> Result<Self, ParameterError> {
        Ok(Self)
    }

    fn pairs(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }
}

query! {
    /// How a list is wanted. Every endpoint that answers one takes these beside its own.
    pub struct Paging {
        /// How many rows at most.
        limit: Limit,
        /// Go on after this row, as the `Link` header of the page before says.
        after: Option<After>,
        /// JSON, CSV or an Excel workbook.
        format: Option<Format>,
        /// CSV for Excel: a byte-order mark, by which it knows that it is UTF-8, and an apostrophe before texts
        /// that it would take for formulas.
        bom: Option<bool>,
    }
}

impl Paging {
    /// The parameters that an endpoint with this answer takes beside its own.
    pub const fn of(answer: Shape) -> &'static [ParameterDoc] {
        if answer.is_list() { Self::PARAMETERS } else { &[] }
    }
}

/// Reads the parameters of an endpoint that takes `Q` and answers `A`, from decoded name-value pairs. An
/// unknown or repeated name is an error, unless the endpoint ignores others. [`UNCACHED`] is ignored everywhere.
pub fn parse<Q: Query, A: Described>(pairs: &[(String, String)]) -> Result<(Q, Paging), ParameterError> {
    if !Q::IGNORES_OTHERS {
        only_known(pairs, &[Q::PARAMETERS, Paging::of(A::SHAPE)].concat())?;
    }
    let paging = if A::SHAPE.is_list() { Paging::read(pairs)? } else { Paging::default() };
    Ok((Q::read(pairs)?, paging))
}

/// The name of a parameter by the name of its field. The field `r#type` is asked for as `type`.
#[doc(hidden)]
pub const fn plain(field: &'static str) -> &'static str {
    match field.as_bytes() {
        [b'r', b'#', ..] => field.split_at(2).1,
        _ => field,
    }
}

/// The name of a parameter that pages and probes add with ever another value, so that no cache on the way
/// answers.
const UNCACHED: &str = "_";

/// Refuses a name that is not declared or comes twice.
fn only_known(pairs: &[(String, String)], known: &[ParameterDoc]) -> Result<(), ParameterError> {
    for (i, (name, value)) in pairs.iter().enumerate().filter(|(_, (name, _))| name != UNCACHED) {
        let expected = if !known.iter().any(|parameter| parameter.name == name) {
            let names: Vec<_> = known.iter().map(|parameter| parameter.name).collect();
            format!(
                "is not asked for here: {}",
                if names.is_empty() { "there are no parameters".to_owned() } else { names.join(", ") }
            )
        } else if pairs[..i].iter().any(|(earlier, _)| earlier == name) {
            "is given more than once".to_owned()
        } else {
            continue;
        };
        return Err(ParameterError { name: shorten(name), value: value.clone(), expected });
    }
    Ok(())
}

/// Reads one parameter of the pairs.
#[doc(hidden)]
pub fn read<T: Parameter>(pairs: &[(String, String)], name: &str) -> Result<T, ParameterError> {
    let text = pairs.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
    T::read(text).map_err(|expected| ParameterError {
        name: name.to_owned(),
        value: text.unwrap_or_default().to_owned(),
        expected,
    })
}

/// How much of a client's text a message repeats, in characters. Codes and numbers of the ERP are shorter.
const REPEATED_MAX: usize = 60;

/// The beginning of a client's text as a message repeats it. Control characters are shown as blanks.
pub fn shorten(value: &str) -> String {
    let mut short: String =
        value.chars().take(REPEATED_MAX).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if value.chars().nth(REPEATED_MAX).is_some() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runs::{RunDetail, RunQuery};
    use crate::yields::{DailyYield, YieldQuery};

    fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect()
    }

    fn parse(pairs: &[(&str, &str)]) -> Result<(YieldQuery, Paging), String> {
        super::parse::<_, Vec<DailyYield>>(&owned(pairs)).map_err(|e| e.to_string())
    }

    #[test]
    fn absent_parameters_take_their_default() {
        let (query, paging) = parse(&[]).unwrap();
        assert_eq!((query.days, query.from, paging.limit), (None, None, Whole(1000)));
    }

    #[test]
    fn what_is_written_reads_back() {
        let asked =
            parse(&[("days", "31"), ("from", "2026-02-28"), ("line", "Line 1 & more"), ("format", "csv")])
                .unwrap();
        let pairs = [asked.0.pairs(), asked.1.pairs()].concat();
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(parse(&pairs).unwrap(), asked);
    }

    #[test]
    fn an_error_names_the_parameter_and_the_value() {
        let check = |pairs: &[(&str, &str)], expect: &str| assert_eq!(parse(pairs).unwrap_err(), expect);
        check(&[("days", "0")], "parameter `days`: `0` is not a whole number from 1 to 365");
        check(&[("days", "+7")], "parameter `days`: `+7` is not a whole number from 1 to 365");
        check(
            &[("days", "99999999999999")],
            "parameter `days`: `99999999999999` is not a whole number from 1 to 365",
        );
        check(&[("from", "2026-13-01")], "parameter `from`: `2026-13-01` is not a date such as 2026-11-23");
        check(&[("from", "2026-1-5")], "parameter `from`: `2026-1-5` is not a date such as 2026-11-23");
        check(&[("days", "7"), ("days", "8")], "parameter `days`: `8` is given more than once");
        check(
            &[("from", "+262142-01-01")],
            "parameter `from`: `+262142-01-01` is not a date such as 2026-11-23",
        );
        check(&[("line", " \u{3000} ")], "parameter `line`: ` \u{3000} ` is empty");
        check(&[("line", "L1\0")], "parameter `line`: `L1 ` holds a control character");
        check(
            &[("line", &"🐟".repeat(201))],
            &format!("parameter `line`: `{}…` is longer than 200 characters", "🐟".repeat(60)),
        );
        assert!(parse(&[("line", &"🐟".repeat(200))]).is_ok());
        check(&[("format", "xml")], "parameter `format`: `xml` is none of json csv xlsx");
        assert!(
            parse(&[("form", "2026-11-01")])
                .unwrap_err()
                .starts_with("parameter `form`: `2026-11-01` is not asked for here: ")
        );
        assert!(parse(&[("line", &"x".repeat(10_000))]).unwrap_err().len() < 200);
    }

    #[test]
    fn a_text_that_was_cut_says_so() {
        assert_eq!(shorten(&"x".repeat(60)), "x".repeat(60));
        assert_eq!(shorten(&"🐟".repeat(61)), format!("{}…", "🐟".repeat(60)));
        assert_eq!(shorten("a\r\nb"), "a  b");
    }

    #[test]
    fn what_keeps_caches_away_is_ignored_everywhere_and_a_prober_may_add_anything() {
        let expect = parse(&[("days", "3")]);
        assert_eq!(parse(&[("_", "1795898992"), ("days", "3"), ("_", "")]), expect);
        let probed = [("_", "1"), ("probe", "elb"), ("probe", "elb"), ("days", "many")];
        assert!(super::parse::<AnyQuery, RunDetail>(&owned(&probed)).is_ok());
    }

    #[test]
    fn what_is_no_list_has_no_pages() {
        let refused = |pair| super::parse::<RunQuery, RunDetail>(&owned(&[pair])).unwrap_err().to_string();
        assert_eq!(refused(("limit", "7")), "parameter `limit`: `7` is not asked for here: date");
        assert_eq!(refused(("format", "csv")), "parameter `format`: `csv` is not asked for here: date");
    }
}
