//! SELECT statements: pages, conditions, parameters; and that nothing else is answered.

use sha2::{Digest, Sha256};
use tiberius::{ColumnData, Query};

use super::{Erp, error_of, rows, text, texts};

#[tokio::test]
async fn pages_follow_each_other_by_watermark_and_key() {
    let values: Vec<_> = (1..=20_000)
        .map(|n| format!("({n}, '2026-11-23 {:02}:{:02}:{:02}', 'Run {n}')", n / 5000, n / 60 % 60, n % 60))
        .collect();
    let erp = Erp::new(&format!(
        "CREATE TABLE SI_OCM_TRANS (TransNo, TransDate, RunNumber); INSERT INTO SI_OCM_TRANS VALUES {};",
        values.join(", ")
    ));
    let mut client = erp.client().await;
    let page = "SELECT TOP (3000) [TransNo], [RunNumber], [TransDate] FROM [dbo].[SI_OCM_TRANS] WHERE ([TransDate] >= CAST(@P1 AS datetime) AND \
                ([TransDate] > CAST(@P2 AS datetime) OR ([TransDate] = CAST(@P3 AS datetime) AND [TransNo] > CAST(@P4 AS bigint)))) \
                ORDER BY [TransDate], [TransNo]";
    let (mut stamp, mut key, mut seen, mut pages) = ("2026-01-01T00:00:00".to_owned(), 0_i64, Vec::new(), 0);
    loop {
        let mut query = Query::new(page);
        for parameter in [&stamp, &stamp, &stamp, &key.to_string()] {
            query.bind(parameter.clone());
        }
        let rows = query.query(&mut client).await.unwrap().into_first_result().await.unwrap();
        let Some(last) = rows.last() else { break };
        key = last.get(0).unwrap();
        stamp = last.get::<chrono::NaiveDateTime, _>(2).unwrap().format("%Y-%m-%dT%H:%M:%S").to_string();
        seen.extend(rows.iter().map(|row| row.get::<i64, _>(0).unwrap()));
        pages += 1;
    }
    assert_eq!((seen.len(), pages), (20_000, 7));
    seen.sort_unstable();
    assert!(seen.iter().copied().eq(1..=20_000));

    let all = rows(&mut client, "SELECT [TransNo], [RunNumber], [TransDate] FROM [dbo].[SI_OCM_TRANS]", &[])
        .await
        .unwrap();
    assert_eq!(
        (all.len(), &all[19_999][0], &all[19_999][1]),
        (20_000, &ColumnData::I64(Some(20_000)), &text("Run 20000"))
    );
}

fn shifts() -> Erp {
    Erp::new(
        "CREATE TABLE RunNumber (RunNumber, ProductionDate, ShiftCode, Description, Updated, Created);
         INSERT INTO RunNumber VALUES
            ('A', '2026-11-20', 'early', NULL, '2026-11-20 10:00:00.003', '2026-11-20'),
            ('b  ', '2026-11-21', 'EARLY', 'x', '2026-11-20 10:00:00.007', '2026-11-20'),
            ('C', '2026-11-22', 'Early ', 'y', '2026-11-20T10:00:00.007', '2026-11-20'),
            (char(9) || 'D' || char(160), '2026-11-23', 'late', 'z', NULL, '2026-11-20');",
    )
}

#[tokio::test]
async fn conditions_hold_as_in_sql_server() {
    let erp = shifts();
    let mut client = erp.client().await;
    for (condition, parameters, expect) in [
        ("[ShiftCode] = @P1", vec!["EaRlY"], "A,b  ,C"),
        ("[ShiftCode] > @P1", vec!["early"], "\tD\u{a0}"),
        ("[Updated] = CAST(@P1 AS datetime)", vec!["2026-11-20T10:00:00.007"], "b  ,C"),
        ("[Updated] > CAST(@P1 AS datetime)", vec!["2026-11-20T10:00:00.003"], "b  ,C"),
        ("[Updated] = CAST(@P1 AS datetime)", vec!["2026-11-20T10:00:00.004"], "A"),
        ("[Updated] IS NULL", vec![], "\tD\u{a0}"),
        ("[Updated] IS NOT NULL AND [Description] IS NOT NULL", vec![], "b  ,C"),
        ("NOT ([Description] = N'x')", vec![], "C,\tD\u{a0}"),
        ("[Description] = N'x' OR [Updated] IS NULL", vec![], "b  ,\tD\u{a0}"),
        ("1 = 0", vec![], ""),
        ("CAST([ProductionDate] AS date) = CAST(@P1 AS date)", vec!["2026-11-22"], "C"),
        ("CAST([Updated] AS date) = CAST(@P1 AS date)", vec!["2026-11-20"], "A,b  ,C"),
        (
            "[ProductionDate] BETWEEN CAST(@P1 AS date) AND CAST(@P2 AS date)",
            vec!["2026-11-21", "2026-11-22"],
            "b  ,C",
        ),
        ("[RunNumber] IN (@P1, @P2)", vec!["a", "B"], "A,b  "),
        (
            "LTRIM(RTRIM(REPLACE(REPLACE([RunNumber], CHAR(9), N' '), NCHAR(160), N' '))) = @P1",
            vec!["d"],
            "\tD\u{a0}",
        ),
        ("LEFT([ShiftCode], 2) = @P1", vec!["LA"], "\tD\u{a0}"),
        ("LEN([RunNumber]) = 1", vec![], "A,b  ,C"),
        ("SUBSTRING([ShiftCode], 2, 2) = @P1", vec!["ar"], "A,b  ,C"),
    ] {
        let sql = format!("SELECT [RunNumber] FROM [dbo].[RunNumber] WHERE {condition}");
        assert_eq!(
            texts(&mut client, &sql, &parameters).await.join(","),
            expect,
            "{condition} {parameters:?}"
        );
    }
}

#[tokio::test]
async fn top_takes_the_first_rows_and_with_ties_those_that_equal_the_last() {
    let erp = shifts();
    let mut client = erp.client().await;
    for (sql, expect) in [
        (
            "SELECT TOP (2) [RunNumber] FROM [dbo].[RunNumber] ORDER BY [Updated], [RunNumber] DESC",
            "\tD\u{a0},A",
        ),
        ("SELECT TOP (3) [RunNumber] FROM [dbo].[RunNumber] ORDER BY [Updated]", "\tD\u{a0},A,b  "),
        (
            "SELECT TOP (3) WITH TIES [RunNumber] FROM [dbo].[RunNumber] ORDER BY [Updated]",
            "\tD\u{a0},A,b  ,C",
        ),
        (
            "SELECT TOP (1) WITH TIES [RunNumber] FROM [dbo].[RunNumber] WHERE [Updated] IS NOT NULL ORDER BY [ShiftCode]",
            "A,b  ,C",
        ),
        ("SELECT TOP 0 [RunNumber] FROM [dbo].[RunNumber] ORDER BY [Updated]", ""),
        (
            "SELECT TOP (9) WITH TIES [RunNumber] FROM [dbo].[RunNumber] ORDER BY [Updated] DESC, [RunNumber]",
            "b  ,C,A,\tD\u{a0}",
        ),
    ] {
        assert_eq!(texts(&mut client, sql, &[]).await.join(","), expect, "{sql}");
    }
    assert_eq!(
        error_of(&mut client, "SELECT TOP (1) WITH TIES [RunNumber] FROM [dbo].[RunNumber]", &[]).await,
        1062
    );
}

#[tokio::test]
async fn parameters_of_all_kinds_arrive() {
    let erp = Erp::with_a_run();
    let mut client = erp.client().await;
    let mut query = Query::new("SELECT @P1, @P2, @P3, @P4, @P5, @P6, @P7, @P8, @P9, @P10");
    query.bind("naïve 鱈 🐟");
    query.bind("x".repeat(5000));
    query.bind(Option::<String>::None);
    query.bind(i64::MIN);
    query.bind(Option::<i32>::None);
    query.bind(true);
    query.bind(-0.25_f64);
    query.bind(vec![0_u8, 0xd8]);
    query.bind(vec![7_u8; 9000]);
    query.bind("");
    let row: Vec<_> =
        query.query(&mut client).await.unwrap().into_row().await.unwrap().unwrap().into_iter().collect();
    assert_eq!(
        row[0..4],
        [
            text("naïve 鱈 🐟"),
            text(&"x".repeat(5000)),
            ColumnData::String(None),
            ColumnData::I64(Some(i64::MIN))
        ]
    );
    assert_eq!(row[4..7], [ColumnData::I32(None), ColumnData::Bit(Some(true)), ColumnData::F64(Some(-0.25))]);
    assert_eq!(
        row[7..],
        [
            ColumnData::Binary(Some(vec![0, 0xd8].into())),
            ColumnData::Binary(Some(vec![7; 9000].into())),
            text("")
        ]
    );
    assert_eq!(erp.endpoint.statements(), ["SELECT @P1, @P2, @P3, @P4, @P5, @P6, @P7, @P8, @P9, @P10"]);
}

#[tokio::test]
async fn a_batch_without_parameters_is_answered_too() {
    let erp = Erp::with_a_run();
    let mut client = erp.client().await;
    let row = client
        .simple_query("SELECT [RunNumber] AS [Run] FROM [dbo].[RunNumber];")
        .await
        .unwrap()
        .into_row()
        .await
        .unwrap()
        .unwrap();
    assert_eq!((row.columns()[0].name(), row.get::<&str, _>(0)), ("Run", Some("R1")));
}

#[tokio::test]
async fn whatever_is_no_single_select_is_refused_and_the_file_is_unchanged() {
    let erp = Erp::with_a_run();
    let mut client = erp.client().await;
    let hash = |erp: &Erp| Sha256::digest(std::fs::read(erp.file()).unwrap());
    let before = hash(&erp);
    for (sql, number) in [
        ("INSERT INTO [dbo].[RunNumber] ([RunNumber]) VALUES ('R2')", 229),
        ("UPDATE [dbo].[RunNumber] SET [Active] = 0", 229),
        ("DELETE FROM [dbo].[RunNumber]", 229),
        ("DROP TABLE [dbo].[RunNumber]", 229),
        ("SELECT 1; DELETE FROM [dbo].[RunNumber]", 229),
        ("EXEC sp_who", 229),
        ("WAITFOR DELAY '00:00:09'", 229),
        ("SELECT [RunNumber] INTO [dbo].[Copy] FROM [dbo].[RunNumber]", 262),
        ("SELECT [Nothing] FROM [dbo].[RunNumber]", 207),
        ("SELECT [RunNumber] FROM [dbo].[Nothing]", 208),
        ("SELECT [RunNumber] FROM [production].[RunNumber]", 208),
        ("SELECT [RunNumber] FROM [RunNumber] WHERE [Updated] = @P7", 137),
        ("SELECT [RunNumber] FROM [RunNumber] WHERE [Updated] = CAST(N'garbage' AS datetime)", 241),
        ("SELECT [RunNumber] FROM [RunNumber] WHERE [Active] + 1 = 2", 50_000),
        ("SELECT [RunNumber FROM", 102),
    ] {
        assert_eq!(error_of(&mut client, sql, &[]).await, number, "{sql}");
        let in_a_batch = match client.simple_query(sql).await {
            Ok(answer) => answer.into_results().await.map(|_| ()),
            Err(error) => Err(error),
        };
        assert_eq!(in_a_batch.unwrap_err().code(), Some(number), "{sql} in a batch");
    }
    assert_eq!(hash(&erp), before);
    assert_eq!(texts(&mut client, "SELECT [RunNumber] FROM [dbo].[RunNumber]", &[]).await, ["R1"]);
}

#[tokio::test]
async fn a_statement_sees_what_was_committed_before_it() {
    let erp = Erp::with_a_run();
    let mut client = erp.client().await;
    let sql = "SELECT [RunNumber] FROM [dbo].[RunNumber] ORDER BY [RunNumber]";
    assert_eq!(texts(&mut client, sql, &[]).await, ["R1"]);
    erp.execute("INSERT INTO RunNumber (RunNumber) VALUES ('R2')");
    assert_eq!(texts(&mut client, sql, &[]).await, ["R1", "R2"]);
    std::fs::remove_file(erp.file()).unwrap();
    erp.execute("CREATE TABLE RunNumber (RunNumber); INSERT INTO RunNumber VALUES ('R3')");
    assert_eq!(texts(&mut client, sql, &[]).await, ["R3"]);
}
