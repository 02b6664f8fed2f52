//! The files beside the code.

#[test]
fn the_container_listens_to_this_machine_alone_and_has_no_password_of_its_own() {
    let compose = include_str!("../../../../infra/sandbox/compose.yaml");
    let after = |key: &str| {
        compose.lines().filter_map(|line| line.trim().strip_prefix(key)).map(str::trim).collect::<Vec<_>>()
    };
    let [image] = after("image:")[..] else { panic!("one image is expected") };
    let (name, tag) = image.rsplit_once(':').unwrap();
    assert!(
        name == "mcr.microsoft.com/mssql/server" && tag.starts_with("2022-CU") && !tag.contains("latest"),
        "{image}"
    );
    let ports: Vec<_> = compose
        .lines()
        .skip_while(|line| line.trim() != "ports:")
        .skip(1)
        .take_while(|line| !line.trim().ends_with(':'))
        .collect();
    let published: Vec<_> = ports.iter().filter_map(|line| line.trim().strip_prefix("- ")).collect();
    assert_eq!(published, ["\"127.0.0.1:1433:1433\""]);
    let [password] = after("MSSQL_SA_PASSWORD:")[..] else { panic!("one password is expected") };
    assert!(
        password.starts_with("${SANDBOX_SA_PASSWORD:?"),
        "a default would be a password that everybody knows: {password}"
    );
}

#[test]
fn the_indexes_that_the_readme_offers_are_those_of_the_schema() {
    let indexes =
        |text: &'static str| text.lines().filter(|line| line.starts_with("CREATE INDEX")).collect::<Vec<_>>();
    let offered = indexes(include_str!("../../../../infra/README.md"));
    assert_eq!(offered, indexes(include_str!("../../../../infra/sql/schema.sql")));
    assert_eq!(offered.len(), 18);
}
