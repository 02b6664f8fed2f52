//! Every column type, with values at its edges.

use tiberius::ColumnData;
use tiberius::numeric::Numeric;
use tiberius::time::{Date, DateTime, DateTime2, DateTimeOffset, SmallDateTime, Time};

use super::{Erp, error_of, rows, text};

/// Days from the year 1 to 2026-11-23.
const DAY: u32 = 739_942;

/// What the endpoint sends of these values of the file for a column of this type.
async fn sent(ty: &str, literals: &[&str]) -> Vec<ColumnData<'static>> {
    let values: Vec<_> =
        literals.iter().enumerate().map(|(i, literal)| format!("({i}, {literal})")).collect();
    let erp = Erp::new(&format!(
        "CREATE TABLE SI_OCM_PLU (PLUNumber, Description); INSERT INTO SI_OCM_PLU VALUES {};",
        values.join(", ")
    ));
    erp.endpoint.column_type("SI_OCM_PLU", "Description", ty);
    let mut client = erp.client().await;
    let rows =
        rows(&mut client, "SELECT [Description] FROM [dbo].[SI_OCM_PLU] ORDER BY [PLUNumber]", &[]).await;
    rows.unwrap_or_else(|error| panic!("{ty}: {error}")).into_iter().map(|mut row| row.remove(0)).collect()
}

fn date2(days: u32, increments: u64, scale: u8) -> DateTime2 {
    DateTime2::new(Date::new(days), Time::new(increments, scale))
}

#[tokio::test]
async fn whole_numbers_arrive() {
    assert_eq!(
        sent("bit", &["0", "1", "NULL"]).await,
        [ColumnData::Bit(Some(false)), ColumnData::Bit(Some(true)), ColumnData::Bit(None)]
    );
    assert_eq!(
        sent("tinyint", &["0", "255", "NULL"]).await,
        [ColumnData::U8(Some(0)), ColumnData::U8(Some(255)), ColumnData::U8(None)]
    );
    assert_eq!(
        sent("smallint", &["-32768", "NULL"]).await,
        [ColumnData::I16(Some(-32768)), ColumnData::I16(None)]
    );
    assert_eq!(
        sent("int", &["-2147483648", "NULL"]).await,
        [ColumnData::I32(Some(i32::MIN)), ColumnData::I32(None)]
    );
    assert_eq!(
        sent("bigint", &["9223372036854775807", "NULL"]).await,
        [ColumnData::I64(Some(i64::MAX)), ColumnData::I64(None)]
    );
}

#[tokio::test]
async fn exact_and_floating_numbers_arrive() {
    let numeric = |units, scale| ColumnData::Numeric(Some(Numeric::new_with_scale(units, scale)));
    assert_eq!(
        sent("decimal(12, 3)", &["-123456789.012", "0", "NULL"]).await,
        [numeric(-123_456_789_012, 3), numeric(0, 3), ColumnData::Numeric(None)]
    );
    assert_eq!(sent("decimal(5, 2)", &["1.239"]).await, [numeric(124, 2)]);
    assert_eq!(
        sent("numeric(38, 10)", &["'1234567890123456789012345678.0123456789'"]).await,
        [numeric(12_345_678_901_234_567_890_123_456_780_123_456_789, 10)]
    );
    assert_eq!(
        sent("numeric(25, 0)", &["'-9999999999999999999999999'"]).await,
        [numeric(-9_999_999_999_999_999_999_999_999, 0)]
    );
    assert_eq!(
        sent("money", &["12.3456", "-0.0001"]).await,
        [ColumnData::F64(Some(12.3456)), ColumnData::F64(Some(-0.0001))]
    );
    assert_eq!(
        sent("money", &["'-922337203685477.5808'", "NULL"]).await,
        [ColumnData::F64(Some(-922_337_203_685_477.6)), ColumnData::F64(None)]
    );
    assert!(matches!(
        sent("smallmoney", &["214748.3647"]).await[..],
        [ColumnData::F64(Some(214_748.364_7)) | ColumnData::F32(Some(_))]
    ));
    assert_eq!(sent("real", &["0.1", "NULL"]).await, [ColumnData::F32(Some(0.1)), ColumnData::F32(None)]);
    assert_eq!(
        sent("float", &["1.7976931348623157e308", "-5e-324", "NULL"]).await[..2],
        [ColumnData::F64(Some(f64::MAX)), ColumnData::F64(Some(-5e-324))]
    );
}

#[tokio::test]
async fn dates_and_times_arrive_in_the_precision_of_their_type() {
    let stamp = "'2026-11-23T14:00:00.1234567'";
    assert_eq!(
        sent("date", &["'0001-01-01'", "'9999-12-31'", stamp, "NULL"]).await,
        [Some(Date::new(0)), Some(Date::new(3_652_058)), Some(Date::new(DAY)), None].map(ColumnData::Date)
    );
    let days = DAY.cast_signed() - 693_595;
    assert_eq!(
        sent("datetime", &["'1753-01-01'", stamp, "'2026-11-23 23:59:59.999'", "NULL"]).await,
        [
            Some(DateTime::new(-53_690, 0)),
            Some(DateTime::new(days, 14 * 3600 * 300 + 37)),
            Some(DateTime::new(days + 1, 0)),
            None
        ]
        .map(ColumnData::DateTime)
    );
    assert_eq!(
        sent("smalldatetime", &["'1900-01-01'", "'2079-06-06 23:59:00'", "'2026-11-23 14:00:30'", "NULL"])
            .await,
        [
            Some(SmallDateTime::new(0, 0)),
            Some(SmallDateTime::new(u16::MAX, 1439)),
            Some(SmallDateTime::new(days as u16, 841)),
            None
        ]
        .map(ColumnData::SmallDateTime)
    );
    for (scale, increments) in
        [(0, 50_400), (2, 5_040_012), (3, 50_400_123), (4, 504_001_235), (7, 504_001_234_567)]
    {
        assert_eq!(
            sent(&format!("datetime2({scale})"), &[stamp, "NULL"]).await,
            [ColumnData::DateTime2(Some(date2(DAY, increments, scale))), ColumnData::DateTime2(None)],
            "{scale}"
        );
        assert_eq!(
            sent(&format!("time({scale})"), &[stamp]).await,
            [ColumnData::Time(Some(Time::new(increments, scale)))],
            "{scale}"
        );
    }
    assert_eq!(
        sent("datetimeoffset(0)", &["'2026-11-23T00:30:00+01:00'", "NULL"]).await,
        [
            ColumnData::DateTimeOffset(Some(DateTimeOffset::new(date2(DAY - 1, 84_600, 0), 60))),
            ColumnData::DateTimeOffset(None)
        ]
    );
}

#[tokio::test]
async fn text_arrives_in_the_encoding_of_its_type() {
    let café = "'café – 鱈'";
    for ty in ["varchar(20)", "varchar(max)", "text"] {
        assert_eq!(
            sent(ty, &[café, "''", "NULL"]).await,
            [text("café – ?"), text(""), ColumnData::String(None)],
            "{ty}"
        );
    }
    for ty in ["nvarchar(20)", "nvarchar(max)", "ntext"] {
        assert_eq!(
            sent(ty, &[café, "'🐟'", "NULL"]).await,
            [text("café – 鱈"), text("🐟"), ColumnData::String(None)],
            "{ty}"
        );
    }
    assert_eq!(sent("char(6)", &["'café'"]).await, [text("café  ")]);
    assert_eq!(sent("nchar(6)", &["'鱈'"]).await, [text("鱈     ")]);
    assert_eq!(sent("nvarchar(3)", &["'codling'"]).await, [text("cod")]);
    assert_eq!(sent("nvarchar(10)", &["'a' || char(0) || 'b'"]).await, [text("a\0b")]);
    let guid = "6F9619FF-8B86-D011-B42D-00C04FC964FF";
    let expect = [ColumnData::Guid(Some(guid.parse().unwrap())), ColumnData::Guid(None)];
    assert_eq!(sent("uniqueidentifier", &[&format!("'{guid}'"), "NULL"]).await, expect);
    assert_eq!(
        sent("varbinary(max)", &["X'00FF'", "NULL"]).await,
        [ColumnData::Binary(Some(vec![0, 255].into())), ColumnData::Binary(None)]
    );
}

#[tokio::test]
async fn two_megabytes_of_text_arrive() {
    let long = "Kabeljau, geräuchert. ".repeat(100_000);
    for ty in ["nvarchar(max)", "varchar(max)", "ntext"] {
        assert_eq!(sent(ty, &[&format!("'{long}'")]).await, [text(&long)], "{ty}");
    }
}

#[tokio::test]
async fn text_that_is_no_utf16_fails_in_the_driver_and_arrives_as_bytes() {
    let erp = Erp::new(
        "CREATE TABLE SI_OCM_PLU (PLUNumber, Description); INSERT INTO SI_OCM_PLU VALUES (1, 'Cod'), (2, X'63003DD8');",
    );
    let mut client = erp.client().await;
    let error = rows(&mut client, "SELECT [Description] FROM [dbo].[SI_OCM_PLU]", &[]).await.unwrap_err();
    assert!(error.to_string().contains("UTF-16"), "{error}");

    let mut client = erp.client().await;
    let sql = "SELECT CAST(CAST([Description] AS nvarchar(max)) AS varbinary(max)) FROM [dbo].[SI_OCM_PLU] ORDER BY [PLUNumber]";
    let expect = [vec![0x43, 0, 0x6f, 0, 0x64, 0], vec![0x63, 0, 0x3d, 0xd8]]
        .map(|bytes| vec![ColumnData::Binary(Some(bytes.into()))]);
    assert_eq!(rows(&mut client, sql, &[]).await.unwrap(), expect);
    let sql = "SELECT [PLUNumber] FROM [dbo].[SI_OCM_PLU] WHERE [Description] = CAST(CAST(0x63003DD8 AS varbinary(max)) AS nvarchar(max))";
    assert_eq!(rows(&mut client, sql, &[]).await.unwrap(), [[ColumnData::I64(Some(2))]]);
}

#[tokio::test]
async fn the_old_text_types_can_be_neither_compared_nor_ordered() {
    let erp = Erp::with_a_run();
    erp.endpoint.column_type("RunNumber", "Description", "ntext");
    let mut client = erp.client().await;
    let select = "SELECT [RunNumber] FROM [dbo].[RunNumber]";
    assert_eq!(error_of(&mut client, &format!("{select} WHERE [Description] = N'Cod'"), &[]).await, 402);
    assert_eq!(error_of(&mut client, &format!("{select} ORDER BY [Description]"), &[]).await, 306);
    assert_eq!(
        error_of(&mut client, &format!("{select} WHERE LTRIM([Description]) = N'Cod'"), &[]).await,
        8116
    );
    let cast = format!("{select} WHERE CAST([Description] AS nvarchar(max)) = N'Cod'");
    assert_eq!(rows(&mut client, &cast, &[]).await.unwrap(), [[text("R1")]]);
}
