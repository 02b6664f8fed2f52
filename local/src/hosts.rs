//! To whom a server on this machine answers. A browser on this machine also shows pages of other sites, and
//! nothing here asks for a password.
//!
//! - A request must name this server as its host. Otherwise the page of another site could have its own name
//!   point to this machine (DNS rebinding), and would be taken for ours.
//! - A request must not come from the page of another origin, which could otherwise keep this machine at work,
//!   and tell by what fails which runs there are. Links to here may stand anywhere.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use api::{Problem, problem};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HOST, ORIGIN};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use process::{Environment, SettingsError};
use serve::KnownOrigin;

/// The hosts that a server is asked as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hosts {
    port: u16,
    /// Its names and addresses, each meant with its port.
    own: Vec<String>,
    /// Whether it listens on all addresses of the machine. An address needs no name that could be made to
    /// point elsewhere, so any is right then.
    any_address: bool,
    /// Those that were allowed besides. One without a port is meant with every port.
    allowed: Vec<Host>,
}

/// A name or an address, in lower case, and the port that stands behind it.
type Host = (String, Option<u16>);

/// What `ALLOWED_HOSTS` might say.
const EXPECTED: &str =
    "use hosts such as tideline.example.com, divided by commas, each with a port where no other is meant";

impl Hosts {
    /// The hosts of a server that listens on this address.
    pub fn of(listening: SocketAddr) -> Self {
        let ip = listening.ip();
        let mut own: Vec<String> = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).into();
        own.push(ip.to_string());
        if !ip.is_loopback() {
            let name = gethostname::gethostname().to_string_lossy().to_lowercase();
            own.push(format!("{name}.local"));
            own.push(name);
        }
        Self { port: listening.port(), own, any_address: ip.is_unspecified(), allowed: Vec::new() }
    }

    /// These hosts with every port, as a client names them at the near end of a tunnel.
    #[must_use]
    pub fn with_any_port(mut self) -> Self {
        self.allowed.extend(self.own.iter().map(|name| (name.clone(), None)));
        self
    }

    /// These hosts and those that `ALLOWED_HOSTS` names.
    pub fn and_allowed(
        mut self,
        environment: &Environment<impl Fn(&str) -> Option<String>>,
    ) -> Result<Self, SettingsError> {
        let parse = |text: &str| {
            let hosts = text.split(',').map(str::trim).filter(|host| !host.is_empty());
            hosts.map(parsed).collect::<Option<Vec<Host>>>()
        };
        self.allowed.extend(environment.parsed("ALLOWED_HOSTS", "", EXPECTED, parse)?);
        Ok(self)
    }

    /// Whether a request names one of these as its host, and no other.
    pub(crate) fn are_named(&self, uri: &Uri, headers: &HeaderMap) -> Named {
        let mut hosts = headers.get_all(HOST).iter();
        let host = hosts.next().filter(|host| !host.is_empty());
        let (Some(host), None) = (host, hosts.next()) else { return Named::NotOne };
        let named = [host.to_str().ok(), uri.authority().map(Authority::as_str)];
        let is_known = |host: Option<&str>| host.is_some_and(|host| self.know(host));
        let other_is_known = named[1].is_none() || is_known(named[1]);
        if is_known(named[0]) && other_is_known { Named::This } else { Named::Another }
    }

    fn know(&self, host: &str) -> bool {
        let Some(named) = parsed(host) else { return false };
        let (name, port) = &named;
        let is_own = self.own.contains(name) || (self.any_address && name.parse::<IpAddr>().is_ok());
        (is_own && port.unwrap_or(HTTP_PORT) == self.port) || self.allow(&named)
    }

    /// Whether this host was allowed besides.
    fn allow(&self, (name, port): &Host) -> bool {
        self.allowed.iter().any(|(allowed, only)| allowed == name && (only.is_none() || only == port))
    }
}

/// What host a request names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    /// One that the server is asked as.
    This,
    /// Another one.
    Another,
    /// None, or several.
    NotOne,
}

/// The port that is meant where none is named.
const HTTP_PORT: u16 = 80;

/// The name and the port of a host, in lower case. A dot at the end of a name, and the brackets around an
/// address, do not matter.
fn parsed(host: &str) -> Option<Host> {
    let authority: Authority = host.parse().ok()?;
    let (name, port) = host.split_at_checked(authority.host().len())?;
    let port = match port.strip_prefix(':') {
        Some(digits) => Some(digits.parse().ok()?),
        None if port.is_empty() => None,
        None => return None,
    };
    let name = name.to_ascii_lowercase();
    let name = name.strip_suffix('.').unwrap_or(&name);
    let name = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    (!name.is_empty()).then(|| (name.to_owned(), port))
}

/// An app that answers only as one of these hosts. `dashboard` is the origin of a dashboard elsewhere, which
/// may change things too.
pub fn only_as(hosts: Hosts, dashboard: Option<String>, app: Router) -> Router {
    // Around the whole app, so that the page is guarded too.
    let guard = Arc::new((hosts, dashboard));
    Router::new().fallback_service(app).layer(from_fn_with_state(guard, guarded))
}

async fn guarded(
    State(guard): State<Arc<(Hosts, Option<String>)>>,
    mut request: Request,
    next: Next,
) -> Response {
    let (hosts, dashboard) = &*guard;
    match hosts.are_named(request.uri(), request.headers()) {
        Named::This => {}
        Named::Another => return refused(StatusCode::FORBIDDEN, OTHER_HOST),
        Named::NotOne => return refused(StatusCode::BAD_REQUEST, NOT_ONE_HOST),
    }
    let reads = [Method::GET, Method::HEAD, Method::OPTIONS].contains(request.method());
    let is_foreign = if request.headers().contains_key(ORIGIN) {
        is_of_other_origin(request.headers(), hosts, dashboard.as_deref())
    } else {
        is_part_of_other_page(request.headers())
    };
    if is_foreign {
        return refused(StatusCode::FORBIDDEN, OTHER_ORIGIN);
    }
    if !reads {
        request.extensions_mut().insert(KnownOrigin);
    }
    next.run(request).await
}

const OTHER_HOST: &str =
    "this server is not asked by this host: name it in ALLOWED_HOSTS, if it is one of yours";
const NOT_ONE_HOST: &str = "the request must name one host";
const OTHER_ORIGIN: &str =
    "only the dashboard's own pages may ask for this; a link to it works from anywhere";

/// Whether a browser says that the request comes from a page that is neither this server's nor the
/// dashboard's. The scheme does not matter: what ends TLS before this server asks it without. A proxy may
/// name another host than the page's own, so an origin that was allowed as a host is no other one. That any
/// address is right as a host does not make it one of ours: another site may be shown by its address.
fn is_of_other_origin(headers: &HeaderMap, hosts: &Hosts, dashboard: Option<&str>) -> bool {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).and_then(parsed);
    headers.get_all(ORIGIN).iter().any(|origin| {
        let origin = origin.to_str().unwrap_or_default();
        let without_scheme = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
        let named = without_scheme.and_then(parsed);
        let is_own = named.is_some_and(|named| host.as_ref() == Some(&named) || hosts.allow(&named));
        !is_own && dashboard != Some(origin)
    })
}

/// Whether a browser says that it asks for this as a part of a page of another origin, such as an image. A page
/// that somebody follows a link to is none.
fn is_part_of_other_page(headers: &HeaderMap) -> bool {
    let says = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let is_elsewhere = matches!(says("sec-fetch-site"), Some("cross-site" | "same-site"));
    let is_page = says("sec-fetch-mode") == Some("navigate") && says("sec-fetch-dest") == Some("document");
    is_elsewhere && !is_page
}

/// A refusal as the API writes it.
fn refused(status: StatusCode, detail: &str) -> Response {
    let problem = Problem::new(status.as_u16(), status.canonical_reason().unwrap_or("Error"), detail);
    let headers = [(CONTENT_TYPE, problem::MEDIA_TYPE), (CACHE_CONTROL, "no-store")];
    (status, headers, serde_json::to_vec(&problem).unwrap_or_default()).into_response()
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::routing::any;
    use tower::ServiceExt;

    use super::*;

    fn on(listening: &str, allowed: &'static str) -> Hosts {
        let environment =
            Environment(move |name: &str| (name == "ALLOWED_HOSTS").then(|| allowed.to_owned()));
        Hosts::of(listening.parse().unwrap()).and_allowed(&environment).unwrap()
    }

    fn check(hosts: &Hosts, known: &[&str], unknown: &[&str]) {
        for host in known {
            assert!(hosts.know(host), "{host} {hosts:?}");
        }
        for host in unknown {
            assert!(!hosts.know(host), "{host} {hosts:?}");
        }
    }

    #[test]
    fn a_server_on_this_machine_alone_is_asked_by_the_names_of_this_machine_and_its_port() {
        let known = ["localhost:8000", "LocalHost.:8000", "127.0.0.1:8000", "[::1]:8000"];
        let unknown = [
            "evil.example",
            "evil.example:8000",
            "localhost",
            "localhost:8001",
            "localhost.evil.example:8000",
            "10.0.0.5:8000",
            "user@localhost:8000",
            "localhost:",
            "localhost:8000:8000",
            "",
            "[::1",
            "127.0.0.1:8000/",
        ];
        check(&on("127.0.0.1:8000", ""), &known, &unknown);
        check(&on("127.0.0.1:80", ""), &["localhost", "localhost:80"], &["localhost:8000"]);
    }

    #[test]
    fn a_server_for_the_network_is_asked_by_any_address_and_the_name_of_its_machine() {
        let name = gethostname::gethostname().to_string_lossy().into_owned();
        let (named, local) = (format!("{name}:8000"), format!("{name}.local:8000"));
        let all = ["10.0.0.5:8000", "[fe80::1]:8000", "localhost:8000", named.as_str(), local.as_str()];
        check(
            &on("0.0.0.0:8000", ""),
            &all,
            &["evil.example:8000", "10.0.0.5:8001", "10.0.0.5.evil.example:8000"],
        );
        check(&on("192.168.1.7:8000", ""), &["192.168.1.7:8000", named.as_str()], &["10.0.0.5:8000"]);
    }

    #[test]
    fn hosts_are_allowed_with_every_port_or_with_one() {
        let hosts = on("127.0.0.1:8000", "Tideline.Example.com, wall:9000,");
        check(
            &hosts,
            &["tideline.example.com", "tideline.example.com:8443", "wall:9000", "localhost:8000"],
            &["wall", "wall:8000", "example.com", "x.tideline.example.com"],
        );
        for wrong in ["https://wall", "a b", "user@wall", "wall:port", "wall/x"] {
            let environment = Environment(|name: &str| (name == "ALLOWED_HOSTS").then(|| wrong.to_owned()));
            let error = Hosts::of("127.0.0.1:8000".parse().unwrap()).and_allowed(&environment).unwrap_err();
            assert_eq!(error.to_string(), format!("ALLOWED_HOSTS is `{wrong}`: {EXPECTED}"));
        }
    }

    #[test]
    fn at_the_near_end_of_a_tunnel_the_names_of_this_machine_stand_with_any_port() {
        let hosts = Hosts::of("127.0.0.1:9000".parse().unwrap()).with_any_port();
        check(
            &hosts,
            &["localhost:9001", "127.0.0.1", "[::1]:9001"],
            &["evil.example:9000", "10.0.0.5:9000"],
        );
    }

    async fn status(method: Method, headers: &[(&str, &str)]) -> StatusCode {
        let app = Router::new().fallback(any(async || "answered"));
        let dashboard = Some("https://dashboard.example.com".to_owned());
        let app = only_as(on("0.0.0.0:8000", "wall"), dashboard, app);
        let mut request = Request::builder().method(method).uri("/pipeline/run");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        app.oneshot(request.body(Body::empty()).unwrap()).await.unwrap().status()
    }

    #[tokio::test]
    async fn a_page_of_another_site_starts_nothing_and_reads_nothing() {
        const HERE: (&str, &str) = ("host", "localhost:8000");
        const CROSS: (&str, &str) = ("sec-fetch-site", "cross-site");
        let check = async |method: Method, headers: &[(&str, &str)], expect: u16| {
            assert_eq!(status(method.clone(), headers).await.as_u16(), expect, "{method} {headers:?}");
        };
        check(Method::GET, &[HERE], 200).await;
        check(Method::POST, &[HERE], 200).await;
        for method in [Method::GET, Method::POST] {
            for own in ["http://localhost:8000", "https://dashboard.example.com", "https://wall"] {
                check(method.clone(), &[HERE, ("origin", own)], 200).await;
                check(method.clone(), &[HERE, ("origin", own), CROSS], 200).await;
            }
        }
        for site in ["same-origin", "none"] {
            check(Method::GET, &[HERE, ("sec-fetch-site", site)], 200).await;
        }
        // A link on any page leads here. An image or a frame there does not.
        for (mode, dest, expect) in
            [("navigate", "document", 200), ("navigate", "object", 403), ("no-cors", "image", 403)]
        {
            for site in ["cross-site", "same-site"] {
                let says = [("sec-fetch-site", site), ("sec-fetch-mode", mode), ("sec-fetch-dest", dest)];
                check(Method::GET, &[HERE, says[0], says[1], says[2]], expect).await;
            }
        }
        check(Method::POST, &[("host", "wall"), ("origin", "https://wall")], 200).await;
        for foreign in [
            "https://evil.example",
            "http://localhost:3000",
            "http://10.0.0.5:8000",
            "null",
            "",
            "http://localhost:8000.evil.example",
        ] {
            check(Method::POST, &[HERE, ("origin", foreign)], 403).await;
            check(Method::GET, &[HERE, ("origin", foreign)], 403).await;
        }
        for method in [Method::GET, Method::POST, Method::HEAD, Method::OPTIONS] {
            check(
                method.clone(),
                &[("host", "evil.example:8000"), ("origin", "http://evil.example:8000")],
                403,
            )
            .await;
            check(method.clone(), &[], 400).await;
            check(method.clone(), &[("host", "")], 400).await;
            check(method, &[HERE, HERE], 400).await;
        }
    }
}
