//! The addresses that pass, and why the others do not.

use super::*;
use proptest::prelude::*;

fn read(address: &str) -> Result<Target, Refusal> {
    Target::read(address, Some(Secret::new("from-the-environment")))
}

fn refused(host: &str) -> bool {
    let outcome = read(&format!("mssql://sa:x@{host}:1433"));
    matches!(
        outcome,
        Err(Refusal::OtherHost(_)
            | Refusal::Ambiguous
            | Refusal::OtherDatabase(_)
            | Refusal::Port
            | Refusal::Parameter)
    )
}

#[test]
fn the_three_names_of_this_machine_are_taken() {
    let addresses = |address: &str| {
        read(address).unwrap().addresses().iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(addresses("mssql://sa:x@127.0.0.1:1434"), ["127.0.0.1:1434"]);
    assert_eq!(addresses("mssql://sa:x@localhost"), ["127.0.0.1:1433", "[::1]:1433"]);
    assert_eq!(
        addresses("mssql://sa:x@LocalHost:1433/tideline_sandbox?encrypt=false"),
        ["127.0.0.1:1433", "[::1]:1433"]
    );
    assert_eq!(addresses("mssql://[::1]:1433"), ["[::1]:1433"]);
    assert_eq!(addresses("mssql://sa@::1"), ["[::1]:1433"]);
    assert_eq!(addresses(DEFAULT_ADDRESS), ["127.0.0.1:1433"]);
}

#[test]
fn whatever_else_is_or_resolves_to_or_looks_like_this_machine_is_refused() {
    let hosts = [
        "erp.factory.example",
        "10.0.0.5",
        "192.168.1.10",
        "0.0.0.0",
        "255.255.255.255",
        "127.0.0.2",
        "127.0.0.1.",
        "localhost.",
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "017700000001",
        "127.000.000.001",
        "127.0.0.01",
        "127.0.0.1.evil.com",
        "127.0.0.1.nip.io",
        "localhost.evil.com",
        "evil.com.localhost",
        "localhost.localdomain",
        "ip6-localhost",
        "127.0.0.1%00.evil.com",
        "%6cocalhost",
        "127.0.0.1%2eevil.com",
        "127。0。0。1",
        "１２７.0.0.1",
        "ⓛocalhost",
        "locaIhost",
        "localhost\u{200b}",
        "ＬＯＣＡＬＨＯＳＴ",
        "[::ffff:127.0.0.1]",
        "[::127.0.0.1]",
        "[0:0:0:0:0:0:0:1]",
        "[::1%lo]",
        "[::1]evil.com",
        "[127.0.0.1]",
        "[localhost]",
        "[::]",
        "[::2]",
        "[::1",
        "::1",
        "::ffff:127.0.0.1",
        "127.0.0.1#evil.com",
        "127.0.0.1@evil.com",
        "evil.com@127.0.0.1",
        "127.0.0.1\\@evil.com",
        "127.0.0.1\tevil.com",
        " 127.0.0.1",
        "127.0.0.1 ",
        "127.0.0.1\n",
        "127.0.0.1/evil",
        "127.0.0.1?evil",
        "127.0.0.1,evil.com",
        "127.0.0.1;evil.com",
        "localhost:1433:",
        "",
        ".",
        "sql",
        "host.docker.internal",
        "(local)",
        "np:localhost",
        "tcp:127.0.0.1",
        "127.0.0.1\\SQLEXPRESS",
        "*",
        "-",
        "localhost,127.0.0.1",
    ];
    for host in hosts {
        assert!(refused(host), "{host:?}: {:?}", read(&format!("mssql://sa:x@{host}:1433")));
    }
}

#[test]
fn another_database_scheme_port_or_parameter_is_refused() {
    let check =
        |address: &str, expect: &str| assert_eq!(read(address).unwrap_err().to_string(), expect, "{address}");
    let database = |name: &str| {
        format!(
            "`{name}` is not the sandbox's database: only `tideline_sandbox` is ever set up, and the address may leave it out"
        )
    };
    check("mssql://sa:x@127.0.0.1/erp", &database("erp"));
    check("mssql://sa:x@127.0.0.1/master", &database("master"));
    check("mssql://sa:x@127.0.0.1/Tideline_Sandbox", &database("Tideline_Sandbox"));
    check("mssql://sa:x@127.0.0.1/tideline_sandbox/x", &database("tideline_sandbox/x"));
    check("mssql://sa:x@127.0.0.1/tideline_sandbox;DROP", &database("tideline_sandbox;DROP"));
    check("mssql://sa:x@127.0.0.1/", &database(""));
    for scheme in ["sqlserver://sa:x@127.0.0.1", "MSSQL://127.0.0.1", "127.0.0.1", "sqlite://data/erp.db", ""]
    {
        check(scheme, "the address must look like `mssql://sa@127.0.0.1:1433`");
    }
    for port in [":0", ":65536", ":x", ":", ":+1433", ":１４３３", ":1433:1433"] {
        check(
            &format!("mssql://sa:x@127.0.0.1{port}"),
            "the port in the address is not a number from 1 to 65535",
        );
    }
    for parameters in ["database=erp", "encrypt=no", "server=10.0.0.5", "encrypt"] {
        assert_eq!(read(&format!("mssql://sa:x@127.0.0.1?{parameters}")).unwrap_err(), Refusal::Parameter);
    }
}

#[test]
fn the_password_is_the_addresss_own_or_the_environments_and_never_nothing() {
    let password = |address: &str, other: Option<&str>| {
        Target::read(address, other.map(Secret::new)).map(|target| target.password.expose().to_owned())
    };
    assert_eq!(password("mssql://sa:p%40ss%2Fw%3Fd@localhost", Some("other")), Ok("p@ss/w?d".to_owned()));
    assert_eq!(password("mssql://sa@localhost", Some("other")), Ok("other".to_owned()));
    assert_eq!(password("mssql://sa:@localhost", Some("other")), Ok("other".to_owned()));
    assert_eq!(password("mssql://maker@localhost", None), Err(Refusal::NoPassword("maker".to_owned())));
    assert_eq!(password("mssql://localhost", Some("")), Err(Refusal::NoPassword("sa".to_owned())));
}

#[test]
fn only_a_loopback_peer_is_talked_to() {
    for (peer, here) in [
        ("127.0.0.1", true),
        ("::1", true),
        ("127.8.8.8", true),
        ("10.0.0.5", false),
        ("0.0.0.0", false),
        ("::", false),
        ("fe80::1", false),
        ("::ffff:10.0.0.5", false),
        ("169.254.169.254", false),
    ] {
        assert_eq!(check_peer(peer.parse().unwrap()).is_ok(), here, "{peer}");
    }
}

/// Hosts that look like the three that pass: one character more, one less or another one, and parts of them
/// joined.
fn near_host() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec!["localhost", "127.0.0.1", "[::1]", "::1"]);
    let changed = (name, any::<prop::sample::Index>(), any::<char>(), 0..3).prop_map(|(name, at, c, how)| {
        let mut chars: Vec<char> = name.chars().collect();
        let at = at.index(chars.len());
        match how {
            0 => chars.insert(at, c),
            1 => chars[at] = c,
            _ => drop(chars.remove(at)),
        }
        chars.into_iter().collect()
    });
    let joined = prop::collection::vec(
        prop::sample::select(vec!["localhost", "127.0.0.1", "::1", "[", "]", ".", ":", "evil", "0x", "%"]),
        1..5,
    );
    prop_oneof![changed, joined.prop_map(|parts| parts.concat())]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn no_host_but_the_three_ever_passes(host in prop_oneof!["\\PC{0,20}", "[0-9a-fx.:]{1,20}", near_host()]) {
        // A port may follow. It is not part of the host.
        let name = host.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok_and(|port| port > 0)).map_or(host.as_str(), |(name, _)| name);
        let ours = ["localhost", "127.0.0.1", "[::1]"].contains(&name.to_ascii_lowercase().as_str()) || host == "::1";
        if let Ok(target) = read(&format!("mssql://sa:x@{host}")) {
            prop_assert!(ours, "{host:?} passed");
            prop_assert!(target.addresses().iter().all(|address| address.ip().is_loopback()));
        }
    }

    #[test]
    fn no_refusal_repeats_a_password(
        password in "Secret[!-~]{6,12}",
        place in prop::sample::select(vec!["@10.0.0.5", "@127.0.0.1:x", "@127.0.0.1/erp", "@127.0.0.1?database=x", "@@127.0.0.1", "@", "", ":1433", "/erp"]),
        user in prop::sample::select(vec!["sa", "", "localhost", "127.0.0.1"]),
    ) {
        if let Err(refusal) = read(&format!("mssql://{user}:{password}{place}")) {
            prop_assert!(!refusal.to_string().contains("Secret"), "{refusal}");
        }
    }
}
