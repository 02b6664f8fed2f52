//! Addresses that are taken, those that are not, and that none of them tells its password.

use std::path::Path;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;

use super::{Address, AddressError, LoginError, SqlServerAddress};

const GOOD_PASSWORD: &str = "kQ7-vale-Ruhr";

fn parse(text: &str) -> Result<Address, AddressError> {
    text.parse()
}

fn server(text: &str) -> SqlServerAddress {
    match parse(text) {
        Ok(Address::SqlServer(address)) => address,
        other => panic!("{text} is {other:?}"),
    }
}

/// An address of which only the login matters.
fn login(user: &str, password: &str) -> Result<Address, AddressError> {
    let encode = |text| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    parse(&format!("mssql://{}:{}@erp/fish", encode(user), encode(password)))
}

#[test]
fn a_sqlite_address_is_a_path_as_it_stands() {
    for (text, path) in [
        ("sqlite://data/erp.db", "data/erp.db"),
        ("sqlite:///var/erp 1%20?.db", "/var/erp 1%20?.db"),
        (" SQLITE://erp.db\n", "erp.db"),
    ] {
        assert_eq!(parse(text), Ok(Address::Sqlite(Path::new(path).to_owned())));
    }
    assert_eq!(parse("sqlite://"), Err(AddressError::NoFile));
}

#[test]
fn a_sql_server_address_has_safe_defaults() {
    for text in [
        format!("mssql://pipeline_reader:{GOOD_PASSWORD}@erp.factory.local/fish"),
        format!("sqlserver://pipeline_reader:{GOOD_PASSWORD}@erp.factory.local:1433/fish?"),
        format!(
            "  MSSQL://pipeline_reader:{GOOD_PASSWORD}@erp.factory.local/fish?encrypt=true&trust_server_certificate=FALSE "
        ),
    ] {
        let address = server(&text);
        assert_eq!((address.user.as_str(), address.password.reveal()), ("pipeline_reader", GOOD_PASSWORD));
        assert_eq!(
            (address.host.as_str(), address.port, address.database.as_str()),
            ("erp.factory.local", 1433, "fish")
        );
        assert_eq!(
            (address.encrypt, address.trust_server_certificate, &address.certificate_authority),
            (true, false, &None)
        );
    }
}

#[test]
fn every_part_of_a_sql_server_address_is_read() {
    let address = server(
        "mssql://line%20reader:p%40%3A%2F%3F%23%25%20%26x:y@10.0.0.7:49152/Fish%20%2F%20Chips?ca=%2Fetc%2Fca%20%40.pem",
    );
    assert_eq!((address.user.as_str(), address.password.reveal()), ("line reader", "p@:/?#% &x:y"));
    assert_eq!(
        (address.host.as_str(), address.port, address.database.as_str()),
        ("10.0.0.7", 49152, "Fish / Chips")
    );
    assert_eq!(address.certificate_authority.as_deref(), Some(Path::new("/etc/ca @.pem")));
    let address = server(&format!(
        "mssql://r:{GOOD_PASSWORD}@[fd00::7]:1444/fish?encrypt=false&trust_server_certificate=true"
    ));
    assert_eq!(
        (address.host.as_str(), address.port, address.encrypt, address.trust_server_certificate),
        ("fd00::7", 1444, false, true)
    );
    assert_eq!(address.to_string(), "mssql://r@[fd00::7]:1444/fish");
    assert_eq!(server(&format!("mssql://r:{GOOD_PASSWORD}@[::1]/fish")).port, 1433);
}

#[test]
fn what_is_no_address_is_refused_with_what_to_do() {
    let check = |rest: &str, expect: AddressError| {
        assert_eq!(parse(&format!("mssql://reader:{GOOD_PASSWORD}@{rest}")), Err(expect), "{rest}");
    };
    let unknown = |name: &str| AddressError::UnknownParameter(name.to_owned());
    check("/fish", AddressError::Host);
    check(":1433/fish", AddressError::Host);
    check("erp,1433/fish", AddressError::Host);
    check("fd00::7/fish", AddressError::Port);
    check("[fd00::7/fish", AddressError::Host);
    check("[fd00::7]1433/fish", AddressError::Host);
    check("[erp]/fish", AddressError::Host);
    check("erp:0/fish", AddressError::Port);
    check("erp:65536/fish", AddressError::Port);
    check("erp:/fish", AddressError::Port);
    check("erp\\SQLEXPRESS/fish", AddressError::Instance);
    check("erp%5CSQLEXPRESS:1433/fish", AddressError::Instance);
    check("erp/fish/chips", AddressError::Database);
    check("erp/fi%00sh", AddressError::Database);
    check("erp/fish?instance=x", unknown("instance"));
    check("erp/fish?encrypt=true&Packet%20Size=1", unknown("packet size"));
    check("erp/fish?encrypt=true&encrypt=true", AddressError::RepeatedParameter("encrypt"));
    check("erp/fish?ca=a&CA=b", AddressError::RepeatedParameter("ca"));
    check(
        "erp/fish?encrypt=maybe",
        AddressError::ParameterValue { name: "encrypt", expected: "`true` or `false`" },
    );
    check(
        "erp/fish?trust_server_certificate=",
        AddressError::ParameterValue { name: "trust_server_certificate", expected: "`true` or `false`" },
    );
    check("erp/fish?ca=", AddressError::ParameterValue { name: "ca", expected: "the path of a file" });
    check("erp/fish?encrypt", AddressError::Ambiguous);
    check("erp/fish?ca=/ca.pem&trust_server_certificate=true", AddressError::UnusedAuthority);
    check("erp/fish?ca=/ca.pem&encrypt=false", AddressError::UnusedAuthority);
    check("erp/fish?ca=%zz", AddressError::Encoding);
    check("erp/fi%ffsh", AddressError::Encoding);
    for other in ["", "erp.db", "postgres://u:p@h/d", "Server=erp;User Id=sa;Password=x", "mssql:/u:p@h/d"] {
        assert_eq!(parse(other), Err(AddressError::Scheme), "{other}");
    }
    let instance = AddressError::Instance.to_string();
    assert!(instance.contains("port"), "{instance}");
}

#[test]
fn a_password_that_divides_the_address_is_to_be_percent_encoded() {
    for password in [
        "secret@word9",
        "se@cret@word9",
        "secret/word9",
        "secret?word9",
        "secret#word9",
        "9/se@cret?w#",
        "secret%word9",
        "secretword9%",
    ] {
        let error = parse(&format!("mssql://reader:{password}@erp/fish")).unwrap_err();
        assert!(
            matches!(error, AddressError::Ambiguous | AddressError::Encoding),
            "{password} gave {error:?}"
        );
        assert!(error.to_string().contains("percent-encode `@` as %40"), "{error}");
        assert_eq!(
            server(&format!("mssql://reader:{}@erp/fish", utf8_percent_encode(password, NON_ALPHANUMERIC)))
                .password
                .reveal(),
            password
        );
    }
}

#[test]
fn a_login_that_may_do_more_than_read_is_refused_before_anything_is_connected() {
    for (user, rule) in [
        ("sa", "sa"),
        (" SA ", "sa"),
        ("Sa", "sa"),
        ("sysadmin", "sysadmin"),
        ("Admin", "admin"),
        ("Administrator", "administrator"),
        ("administrator@factory.local", "administrator"),
        ("root", "root"),
        ("dbo", "dbo"),
        ("DB_Owner", "db_owner"),
        ("securityadmin", "securityadmin"),
        ("serveradmin", "serveradmin"),
        ("erp_admin", "admin"),
        ("erp-SysAdmin", "sysadmin"),
        ("dba.fish", "dba"),
        ("##MS_PolicyEventProcessingLogin##", "##…##"),
    ] {
        assert_eq!(login(user, GOOD_PASSWORD), Err(LoginError::Administrator(rule).into()), "{user}");
    }
    for user in ["ｓａ", "s\u{200b}a", "sа", "sa\0", "s\na"] {
        assert_eq!(login(user, GOOD_PASSWORD), Err(LoginError::OddUser.into()), "{user:?}");
    }
    for user in ["FACTORY\\Administrator", "factory\\reader", "", "  "] {
        assert_eq!(login(user, GOOD_PASSWORD), Err(LoginError::Integrated.into()), "{user}");
    }
    for text in
        ["mssql://erp/fish", "mssql://erp", "mssql://reader:kQ7-vale-Ruhr@erp/fish?integrated_security=true"]
    {
        assert_eq!(parse(text), Err(LoginError::Integrated.into()), "{text}");
    }
    for parameter in ["trusted_connection=yes", "Trusted%20Connection=True", "IntegratedSecurity=SSPI"] {
        assert_eq!(
            parse(&format!("mssql://erp/fish?{parameter}")),
            Err(LoginError::Integrated.into()),
            "{parameter}"
        );
    }
    for user in ["pipeline_reader", "sales_reader", "Salmon", "administration_reader", "rooter"] {
        assert!(login(user, GOOD_PASSWORD).is_ok(), "{user}");
    }
    let error = login("sa", GOOD_PASSWORD).unwrap_err().to_string();
    assert_eq!(
        error,
        "it signs in as `sa`, which may do more than read: use the login `pipeline_reader` that infra/sql/read_only_login.sql makes"
    );
}

#[test]
fn a_weak_password_is_refused_and_never_shown() {
    let check = |password: &str, expect: LoginError| {
        assert_eq!(login("pipeline_reader", password), Err(expect.into()), "{password}");
    };
    check("", LoginError::NoPassword);
    check("        ", LoginError::NoPassword);
    assert_eq!(parse("mssql://reader@erp/fish"), Err(LoginError::NoPassword.into()));
    for like_user in
        ["pipeline_reader", "Pipeline_Reader", " pipeline_reader", "pipeline_reader1", "PipelineReader2026!"]
    {
        check(like_user, LoginError::PasswordIsUser);
    }
    check("kQ7-val", LoginError::ShortPassword);
    check("sà7-ßål", LoginError::ShortPassword);
    for weak in [
        "password",
        "Password1",
        "PASSWORD123!",
        "P@ssw0rd",
        "p@$$w0rd1!",
        "Passw0rd!!",
        "changeme",
        "Change-Me-2026",
        "sqlserver",
        "SqlServer2022",
        "12345678",
        "1234567890",
        "00000000",
        "aaaaaaaa",
        "qwertyuiop",
        "Qwerty-7-uiop",
        "letmein1",
        "YourStrong!Passw0rd",
        "yourStrong(!)Password",
        "<YourStrong@Passw0rd>",
        "Welcome1",
        "Tideline1!",
        "$(Password)",
        "1q2w3e4r5t",
        "20261113",
    ] {
        check(weak, LoginError::WeakPassword);
    }
    for good in ["kQ7-vale-Ruhr", "correct horse battery", "8304-5518-2277-90", "passing-ships-9"] {
        assert!(login("pipeline_reader", good).is_ok(), "{good}");
    }
}

#[test]
fn the_server_s_own_databases_and_none_are_refused() {
    let database = |name: &str| parse(&format!("mssql://reader:{GOOD_PASSWORD}@erp{name}"));
    for none in ["", "/", "/%20"] {
        assert_eq!(database(none), Err(LoginError::NoDatabase.into()), "{none}");
    }
    for (name, system) in
        [("/master", "master"), ("/MSDB", "msdb"), ("/%20Model", "model"), ("/tempdb", "tempdb")]
    {
        assert_eq!(database(name), Err(LoginError::SystemDatabase(system).into()), "{name}");
    }
    assert!(database("/masterdata").is_ok());
}

/// Whether a text holds five characters of a password in their order.
fn tells(text: &str, password: &str) -> bool {
    let chars: Vec<char> = password.chars().collect();
    chars.windows(5).any(|part| text.contains(&part.iter().collect::<String>()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_that_is_printed_tells_the_password(
        password in "[QXZJKVW2-9ßé@:/?#%&=+.~^-]{8,24}",
        user in prop::sample::select(vec!["reader", "sa", "", "FACTORY\\admin", "ｓａ", "reader%zz"]),
        server in prop::sample::select(vec!["erp:1433", "[fd00::7]", "erp\\SQL", "erp:port", "", "a b"]),
        rest in prop::sample::select(vec!["/fish", "/fish?encrypt=true", "/master", "", "/fish?encrypt=no", "/a/b", "/fish?x=1", "/fish?x", "/fish#y"]),
        as_it_is in any::<bool>(),
    ) {
        let encoded = utf8_percent_encode(&password, NON_ALPHANUMERIC).to_string();
        let shown = if as_it_is { &password } else { &encoded };
        for text in [
            format!("mssql://{user}:{shown}@{server}{rest}"),
            format!("mssql://{user}:{shown}{server}{rest}"),
            // What stands before a colon there is a user's name.
            format!("mssql://{}@{server}{rest}", shown.replace(':', "")),
            format!("mssql://{server}{rest}?password={shown}"),
            format!("mssql://{server}/fish?{shown}"),
            format!("{user}:{shown}@{server}{rest}"),
            format!("{shown}://{server}{rest}"),
        ] {
            let printed = match parse(&text) {
                Ok(Address::SqlServer(address)) => {
                    prop_assert!(as_it_is || address.password.reveal() == password);
                    format!("{address} {address:?} {} {:#?}", Address::SqlServer(address.clone()), Address::SqlServer(address.clone()))
                }
                Ok(Address::Sqlite(path)) => format!("{path:?}"),
                Err(error) => format!("{error} {error:?} {error:#?}"),
            };
            prop_assert!(!tells(&printed, &password) && !tells(&printed, &encoded), "{} printed as {}", text, printed);
        }
    }

    #[test]
    fn a_password_of_any_characters_arrives_as_it_was_encoded(password in "\\PC{12,30}") {
        match login("reader", &password) {
            Ok(Address::SqlServer(address)) => prop_assert_eq!(address.password.reveal(), password),
            other => prop_assert!(matches!(other, Err(AddressError::Login(LoginError::WeakPassword | LoginError::NoPassword | LoginError::ShortPassword))), "{:?}", other),
        }
    }
}
