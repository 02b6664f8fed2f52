//! What a query function is told through its environment.

use api::health::STALE_AFTER_SECONDS;
use chrono_tz::Tz;
use process::{Environment, SettingsError};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The factory whose data is read.
    pub factory_id: String,
    /// The time zone of the factory's clock.
    pub factory_tz: Tz,
    /// The age above which data is called stale.
    pub stale_after_seconds: u32,
    /// The dashboard's origin, if it is not the API's own. Browsers let pages of this origin read the
    /// answers.
    pub dashboard_origin: Option<String>,
}

impl Settings {
    /// Reads the settings from variables.
    pub fn read(environment: &Environment<impl Fn(&str) -> Option<String>>) -> Result<Self, SettingsError> {
        let is_given = environment.given("DASHBOARD_ORIGIN").is_some();
        Ok(Self {
            factory_id: environment.factory_id()?,
            factory_tz: environment.factory_tz()?,
            stale_after_seconds: environment.parsed(
                "STALE_AFTER_SECONDS",
                &STALE_AFTER_SECONDS.to_string(),
                "use a whole number of seconds",
                |text| text.parse().ok(),
            )?,
            dashboard_origin: is_given
                .then(|| environment.parsed("DASHBOARD_ORIGIN", "", ORIGIN_EXPECTED, origin))
                .transpose()?,
        })
    }
}

const ORIGIN_EXPECTED: &str = "use an origin such as https://dashboard.example.com, without a path";

/// An origin as browsers send it: scheme and host, no path.
fn origin(text: &str) -> Option<String> {
    let text = text.trim_end_matches('/');
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
    let plain =
        !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.:[]".contains(&byte));
    plain.then(|| text.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Settings, String> {
        let find =
            |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
        Settings::read(&Environment(find)).map_err(|error| error.to_string())
    }

    #[test]
    fn everything_has_a_default() {
        let expect = Settings {
            factory_id: "main".to_owned(),
            factory_tz: Tz::Europe__London,
            stale_after_seconds: 900,
            dashboard_origin: None,
        };
        assert_eq!(read(&[("DASHBOARD_ORIGIN", " ")]), Ok(expect));
    }

    #[test]
    fn a_variable_that_makes_no_sense_is_named_with_what_to_do() {
        let check = |name, value, expect: &str| assert_eq!(read(&[(name, value)]).unwrap_err(), expect);
        check("STALE_AFTER_SECONDS", "-1", "STALE_AFTER_SECONDS is `-1`: use a whole number of seconds");
        let hint = "use an origin such as https://dashboard.example.com, without a path";
        for value in ["*", "dashboard.example.com", "https://x.example/app", "https://", "https://a b"] {
            check("DASHBOARD_ORIGIN", value, &format!("DASHBOARD_ORIGIN is `{value}`: {hint}"));
        }
    }

    #[test]
    fn an_origin_is_kept_as_browsers_send_it() {
        let settings = read(&[("DASHBOARD_ORIGIN", "https://Dashboard.example.com/")]).unwrap();
        assert_eq!(settings.dashboard_origin.as_deref(), Some("https://dashboard.example.com"));
    }
}
