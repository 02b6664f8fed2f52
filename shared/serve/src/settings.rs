//! What a query function is told through its environment.

use chrono_tz::Tz;

/// What a query function is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Where the lake is: `s3://bucket/prefix`.
    pub lake: String,
    /// Whose part of it is read.
    pub factory: String,
    /// The zone of the factory's clock.
    pub tz: Tz,
    /// From which age on data are called stale.
    pub stale_after_seconds: u32,
    /// Which pages of another origin may read the answers: the dashboard's, if it has another.
    pub dashboard_origin: Option<String>,
}

/// A variable that is missing or makes no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// There is no default for it.
    #[error("{name} is not set: {hint}")]
    Missing {
        /// The variable.
        name: &'static str,
        /// What it holds.
        hint: &'static str,
    },
    /// Its value is not understood.
    #[error("{name} is `{value}`: {hint}")]
    Wrong {
        /// The variable.
        name: &'static str,
        /// Its value.
        value: String,
        /// What it holds.
        hint: &'static str,
    },
}

impl Settings {
    /// Reads the settings from variables. One that is empty counts as not set.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, SettingsError> {
        let given = |name: &str| {
            variable(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
        };
        Ok(Self {
            lake: lake(given("LAKE"))?,
            factory: parsed(
                "FACTORY_ID",
                given("FACTORY_ID"),
                "main",
                "use a short name such as main",
                factory,
            )?,
            tz: parsed(
                "FACTORY_TZ",
                given("FACTORY_TZ"),
                "Europe/London",
                "use the name of a zone such as Europe/London",
                |text| text.parse().ok(),
            )?,
            stale_after_seconds: parsed(
                "STALE_AFTER_SECONDS",
                given("STALE_AFTER_SECONDS"),
                "900",
                "use a whole number of seconds",
                |text| text.parse().ok(),
            )?,
            dashboard_origin: given("DASHBOARD_ORIGIN")
                .map(|value| parsed("DASHBOARD_ORIGIN", Some(value), "", ORIGIN_HINT, origin))
                .transpose()?,
        })
    }
}

const ORIGIN_HINT: &str = "use an origin such as https://dashboard.example.com, without a path";

fn lake(given: Option<String>) -> Result<String, SettingsError> {
    let hint = "use s3://bucket/prefix";
    let value = given.ok_or(SettingsError::Missing { name: "LAKE", hint })?;
    if value.starts_with("s3://") {
        Ok(value)
    } else {
        Err(SettingsError::Wrong { name: "LAKE", value, hint })
    }
}

/// A factory's name is part of object keys.
fn factory(text: &str) -> Option<String> {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)).then(|| text.to_owned())
}

/// An origin as browsers send it: scheme and host, no path.
fn origin(text: &str) -> Option<String> {
    let text = text.trim_end_matches('/');
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
    let plain =
        !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.:[]".contains(&byte));
    plain.then(|| text.to_ascii_lowercase())
}

fn parsed<T>(
    name: &'static str,
    given: Option<String>,
    default: &str,
    hint: &'static str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<T, SettingsError> {
    let value = given.unwrap_or_else(|| default.to_owned());
    parse(&value).ok_or(SettingsError::Wrong { name, value, hint })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Settings, String> {
        let find =
            |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
        Settings::read(find).map_err(|error| error.to_string())
    }

    #[test]
    fn only_the_lake_has_no_default() {
        let settings = read(&[("LAKE", "s3://bucket/prefix"), ("DASHBOARD_ORIGIN", " ")]).unwrap();
        let expect = Settings {
            lake: "s3://bucket/prefix".to_owned(),
            factory: "main".to_owned(),
            tz: Tz::Europe__London,
            stale_after_seconds: 900,
            dashboard_origin: None,
        };
        assert_eq!(settings, expect);
    }

    #[test]
    fn a_variable_that_makes_no_sense_is_named_with_what_to_do() {
        let check = |name, value, expect: &str| {
            assert_eq!(
                read(&[("LAKE", "s3://b"), (name, value)][usize::from(name == "LAKE")..]).unwrap_err(),
                expect
            )
        };
        assert_eq!(read(&[]).unwrap_err(), "LAKE is not set: use s3://bucket/prefix");
        check("LAKE", "data/lake", "LAKE is `data/lake`: use s3://bucket/prefix");
        check(
            "FACTORY_TZ",
            "Grimsby",
            "FACTORY_TZ is `Grimsby`: use the name of a zone such as Europe/London",
        );
        check("FACTORY_ID", "a/b", "FACTORY_ID is `a/b`: use a short name such as main");
        check("STALE_AFTER_SECONDS", "-1", "STALE_AFTER_SECONDS is `-1`: use a whole number of seconds");
        let hint = "use an origin such as https://dashboard.example.com, without a path";
        for value in ["*", "dashboard.example.com", "https://x.example/app", "https://", "https://a b"] {
            check("DASHBOARD_ORIGIN", value, &format!("DASHBOARD_ORIGIN is `{value}`: {hint}"));
        }
    }

    #[test]
    fn an_origin_is_kept_as_browsers_send_it() {
        let settings =
            read(&[("LAKE", "s3://b"), ("DASHBOARD_ORIGIN", "https://Dashboard.example.com/")]).unwrap();
        assert_eq!(settings.dashboard_origin.as_deref(), Some("https://dashboard.example.com"));
    }
}
