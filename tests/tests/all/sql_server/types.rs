//! What becomes of the types of the ERP's columns, and of values that a declared type cannot hold.

use lake::Mode;
use warehouse::sources::PLU;

use super::{open_rejections, plu, small_factory, table};

/// Takes each type that a column of the ERP may have, with values that must be kept, through a column that we
/// declare as text, number, date or flag.
#[tokio::test(flavor = "multi_thread")]
async fn every_type_of_the_erp_becomes_the_declared_type() {
    // declared column, SQL type, value as the file keeps it, value as staging must hold it
    let cases: &[(&str, &str, &str, &str)] = &[
        ("Active", "bit", "1", "true"),
        ("Active", "bit", "0", "false"),
        ("Active", "char(5)", "'no'", "false"),
        ("ShelfLife", "tinyint", "255", "255"),
        ("ShelfLife", "smallint", "32767", "32767"),
        ("ShelfLife", "int", "2147483647", "2147483647"),
        ("ShelfLife", "bigint", "9007199254740993", "9007199254740993"),
        ("ShelfLife", "decimal(20, 2)", "'9007199254740993.00'", "9007199254740993"),
        ("ShelfLife", "varchar(20)", "' 12 '", "12"),
        ("PackSize", "decimal(12, 3)", "'12345.678'", "12345.678"),
        ("PackSize", "numeric(38, 10)", "'0.0000000001'", "1e-10"),
        ("PackSize", "money", "'922337203685.4775'", "922337203685.4775"),
        ("PackSize", "smallmoney", "'214748.3647'", "214748.3647"),
        ("PackSize", "real", "1.5", "1.5"),
        ("PackSize", "float", "1.7976931348623157e308", "1.7976931348623157e308"),
        ("PackSize", "float", "4.9e-324", "5e-324"),
        ("PackSize", "nvarchar(40)", "' 2.50 '", "2.5"),
        ("Category", "char(10)", "'ab'", "\"ab\""),
        ("Category", "varchar(50)", "'crème brûlée €'", "\"crème brûlée €\""),
        ("Category", "nchar(10)", "'北海'", "\"北海\""),
        ("Category", "nvarchar(50)", "'🐟 cod'", "\"🐟 cod\""),
        ("Category", "nvarchar(max)", "'long'", "\"long\""),
        ("Category", "text", "'old'", "\"old\""),
        ("Category", "ntext", "'älter'", "\"älter\""),
        ("Category", "int", "42", "\"42\""),
        (
            "Category",
            "uniqueidentifier",
            "'6F9619FF-8B86-D011-B42D-00C04FC964FF'",
            "\"6F9619FF-8B86-D011-B42D-00C04FC964FF\"",
        ),
        ("Category", "nvarchar(50)", "'a' || char(0) || 'b'", "\"a\\0b\""),
        ("Updated", "date", "'2026-11-20'", "2026-11-20 00:00:00"),
        ("Updated", "smalldatetime", "'2026-11-20 10:01:00'", "2026-11-20 10:01:00"),
        ("Updated", "datetime", "'2026-11-20 10:01:02.003'", "2026-11-20 10:01:02.003"),
        ("Updated", "datetime", "'1753-01-01 00:00:00'", "1753-01-01 00:00:00"),
        ("Updated", "datetime", "'9999-12-31 23:59:59.997'", "9999-12-31 23:59:59.997"),
        ("Updated", "datetime2(0)", "'2026-11-20 10:01:02'", "2026-11-20 10:01:02"),
        ("Updated", "datetime2(7)", "'0001-01-01 00:00:00'", "0001-01-01 00:00:00"),
        ("Updated", "datetime2(6)", "'9999-12-31 23:59:59.999999'", "9999-12-31 23:59:59.999999"),
        ("Updated", "varchar(30)", "' 2026-11-20 10:01:02 '", "2026-11-20 10:01:02"),
        // Staging has the time on the factory's clock, whatever offset it was written with.
        ("Updated", "datetimeoffset(3)", "'2026-07-01 10:00:00.500 +00:00'", "2026-07-01 11:00:00.500"),
        ("Updated", "datetimeoffset(7)", "'2026-11-20 10:00:00 +05:30'", "2026-11-20 04:30:00"),
    ];
    for (column, sql_type, value, expected) in cases {
        let factory = small_factory("").await;
        plu(&factory, "1", "'cod'", "'2026-11-20 10:00:00'");
        factory.execute(&format!("UPDATE SI_OCM_PLU SET {column} = {value}"));
        factory.server().column_type("SI_OCM_PLU", column, sql_type);
        let record = factory.job_ok(Mode::Incremental).await;
        let reasons = open_rejections(&factory, "plu").await;
        assert_eq!((record.accepted, reasons.len()), (1, 0), "{sql_type}: {reasons:?}");
        let staged = factory.staged(&PLU).await;
        let row = staged.values().next().unwrap();
        let place = PLU.columns.iter().position(|known| known.source == *column).unwrap();
        let mut held = row[place].clone();
        if *column == "Updated" {
            held = chrono::DateTime::from_timestamp_micros(held.parse().unwrap())
                .unwrap()
                .naive_utc()
                .to_string();
        }
        assert_eq!(held.trim_end_matches(".0"), *expected, "{sql_type} {value}");
        // The next job begins its page after this row, and a reconciliation compares its key. Both must speak
        // the column's own type too.
        let again = factory.job_ok(Mode::Incremental).await;
        assert_eq!(table(&again, "SI_OCM_PLU").written, 0, "{sql_type} {value}");
        factory.job_ok(Mode::Reconcile).await;
        assert_eq!(factory.staged(&PLU).await, staged, "{sql_type} {value}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_declared_type_cannot_hold_is_rejected_with_the_value() {
    let cases: &[(&str, &str, &str, &str)] = &[
        ("ShelfLife", "decimal(8, 2)", "'1.50'", "`ShelfLife` is `1.50`, not a whole number"),
        ("ShelfLife", "int", "-1", "`ShelfLife` is -1, below 0"),
        ("PackSize", "money", "'-0.0100'", "`PackSize` is -0.01, below 0"),
        (
            "PackSize",
            "datetime",
            "'2026-11-20 10:00:00'",
            "`PackSize` is `2026-11-20 10:00:00.000`, not a number of at least 0",
        ),
        ("Active", "int", "7", "`Active` is `7`, not a yes/no flag"),
        ("Category", "varbinary(10)", "X'FFD8'", "`Category` is `ffd8`, not text"),
        ("Updated", "time(0)", "'10:00:00'", "`Updated` is `10:00:00`, not a date and time"),
    ];
    for (column, sql_type, value, reason) in cases {
        let factory = small_factory("").await;
        plu(&factory, "1", "'cod'", "'2026-11-20 10:00:00'");
        factory.execute(&format!("UPDATE SI_OCM_PLU SET {column} = {value}"));
        factory.server().column_type("SI_OCM_PLU", column, sql_type);
        let record = factory.job_ok(Mode::Incremental).await;
        assert_eq!(record.rejected, 1, "{sql_type} {value}");
        assert_eq!(open_rejections(&factory, "plu").await[0].0, *reason, "{sql_type} {value}");
    }
}
