//! The ERP's schema in `infra/sql` has just the tables, columns, keys and watermark indexes that the sources
//! declare.

use warehouse::sources::ALL;

#[test]
fn the_sql_server_schema_is_the_one_that_the_sources_declare() {
    let sql = include_str!("../../../infra/sql/schema.sql");
    for source in ALL {
        let name = format!("[{}].[{}]", source.owner.schema(), source.table);
        let table = sql
            .split(&format!("CREATE TABLE {name} ("))
            .nth(1)
            .unwrap_or_else(|| panic!("{name} is not in schema.sql"));
        let (columns, rest) = table.split_once("\n);").unwrap();
        let declared: Vec<String> = columns
            .lines()
            .filter_map(|line| Some(line.trim().strip_prefix('[')?.split_once(']')?.0.to_owned()))
            .collect();
        assert_eq!(declared, source.columns.iter().map(|column| column.source).collect::<Vec<_>>(), "{name}");
        let key = source.key.iter().map(|key| format!("[{key}]")).collect::<Vec<_>>().join(", ");
        assert!(columns.contains(&format!("PRIMARY KEY ({key})")), "{name}: the key is {key}");
        for stamp in [Some(source.watermark), source.watermark_until_changed].into_iter().flatten() {
            assert!(rest.contains(&format!("ON {name} ([{stamp}], {key});")), "{name}: no index on {stamp}");
        }
    }
    assert_eq!(sql.matches("CREATE TABLE").count(), ALL.len());
}
