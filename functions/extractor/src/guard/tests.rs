//! Statements that must pass and texts that must not, one by one.

use sqlparser::tokenizer::Tokenizer;

use super::Spelling::{SqlServer, Sqlite};
use super::words::{FORBIDDEN, MAX_BYTES, MAX_DEPTH, MAX_OPERATORS};
use super::{Spelling, check, tree, words};

/// Statements that must pass, in all forms that the extractor and the doctor use.
#[rustfmt::skip]
pub(super) const GOOD: &[(Spelling, &str)] = &[
    (SqlServer, "SELECT TOP (5000) WITH TIES [TransNo], [Updated] FROM [dbo].[SI_OCM_TRANS] WHERE ([TransDate] >= CAST(@P1 AS datetime) AND ([TransDate] > CAST(@P2 AS datetime2(7)) OR ([TransDate] = CAST(@P3 AS datetime) AND [TransNo] > CAST(@P4 AS bigint)))) ORDER BY [TransDate], [TransNo]"),
    (SqlServer, "SELECT [a] FROM [production].[t] WHERE ([b] = CAST(@P1 AS nvarchar(50)) OR [b] = CAST(@P2 AS nvarchar(max)) OR [c] <> CAST(@P3 AS decimal(12, 3)) OR [d] = CAST(@P4 AS uniqueidentifier))"),
    (SqlServer, "SELECT [a] FROM [t] WHERE [b] < CAST(@P1 AS smalldatetime) AND [b] <= CAST(@P2 AS datetimeoffset(7)) AND [c] > CAST(@P3 AS float) AND [d] = CAST(@P4 AS money) AND [e] = CAST(@P5 AS varbinary(max)) AND [f] = CAST(@P6 AS bit) AND [g] = CAST(@P7 AS tinyint)"),
    (SqlServer, "SELECT TOP (1) [a], CAST(CAST([Description] AS nvarchar(max)) AS varbinary(max)) FROM [dbo].[RunNumber] WHERE [a] = CAST(CAST(@P1 AS nvarchar(max)) AS varchar(20))"),
    (SqlServer, "SELECT [a] FROM [t] WHERE ([b] IS NULL OR (REPLACE(LEFT([c], 5), NCHAR(45), N' ') <> LEFT([c], 4) OR LEFT([c], 5) = LEFT([c], 4)))"),
    (SqlServer, "SELECT [a] FROM [t] WHERE CAST([ProductionDate] AS date) = CAST(@P1 AS date)"),
    (SqlServer, "SELECT TOP (10) [a] FROM [t] WHERE 1 = 0"),
    (SqlServer, "SELECT [COLUMN_NAME], [DATA_TYPE] FROM [INFORMATION_SCHEMA].[COLUMNS] WHERE [TABLE_SCHEMA] = @P1 AND [TABLE_NAME] = @P2"),
    (SqlServer, "SELECT [i].[index_id], [c].[name] FROM [sys].[schemas] AS [s] JOIN [sys].[objects] AS [t] ON [t].[schema_id] = [s].[schema_id] JOIN [sys].[indexes] AS [x] ON [x].[object_id] = [t].[object_id] INNER JOIN [sys].[index_columns] AS [i] ON [i].[object_id] = [x].[object_id] AND [i].[index_id] = [x].[index_id] JOIN [sys].[columns] AS [c] ON [c].[object_id] = [i].[object_id] AND [c].[column_id] = [i].[column_id] WHERE [s].[name] = @P1 AND [t].[name] = @P2 AND [i].[key_ordinal] > 0 AND [x].[has_filter] = 0 ORDER BY [i].[index_id], [i].[key_ordinal] ASC"),
    (SqlServer, "SELECT HAS_PERMS_BY_NAME(@P1, 'OBJECT', 'INSERT'), HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'ALTER'), HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'CREATE TABLE'), IS_SRVROLEMEMBER('sysadmin'), SYSDATETIME()"),
    (SqlServer, "SELECT HAS_PERMS_BY_NAME(@P1, @P1, 'CONTROL SERVER'), IS_SRVROLEMEMBER('##MS_LoginManager##'), IS_ROLEMEMBER('db_datawriter')"),
    (SqlServer, "SELECT [Updated], [Execute Date], [drop], Updated, [Grüße 魚], [select * from x; --] FROM [dbo].[Deleted Rows] WHERE NOT [insert] IS NULL AND ([Créé] IS NOT NULL)"),
    (SqlServer, "select\n\ttop 5 [a]\nfrom [t]\norder by [a] desc"),
    (Sqlite, "SELECT \"run_number\", \"updated_at\" FROM \"run_sheets\" WHERE (\"updated_at\" >= ?1 AND (\"updated_at\" >= ?2 AND (\"updated_at\" > ?3 OR (\"updated_at\" = ?4 AND \"run_number\" > ?5)))) ORDER BY \"updated_at\", \"run_number\" LIMIT 10"),
    (Sqlite, "SELECT \"name\" FROM pragma_table_info(?1)"),
    (Sqlite, "SELECT \"seq\", \"name\", \"partial\" FROM pragma_index_list(?1)"),
    (Sqlite, "SELECT \"seqno\", \"name\" FROM pragma_index_info(?1) ORDER BY \"seqno\""),
    (Sqlite, "SELECT \"run_number\" FROM \"run_sheets\" WHERE SUBSTR(CAST(\"production_date\" AS TEXT), 5, 1) <> ?2 LIMIT 5"),
    (Sqlite, "SELECT \"delete_flag\", \"Updated\", updated_at FROM \"run_sheets\" WHERE \"started_at\" IS NULL AND \"run_number\" <> ?1"),
];

/// Texts that must be refused, each with some words of the reason.
#[rustfmt::skip]
const BAD: &[(Spelling, &str, &str)] = &[
    // No query.
    (SqlServer, "", "no SQL"),
    (SqlServer, "  \n ", "no SQL"),
    (SqlServer, "hello", "no SQL"),
    (SqlServer, "SELECT", "no SQL"),
    (SqlServer, "DROP TABLE [dbo].[RunNumber]", "`DROP`"),
    (SqlServer, "DELETE FROM [t]", "`DELETE`"),
    (SqlServer, "TRUNCATE TABLE [t]", "`TRUNCATE`"),
    (SqlServer, "INSERT [t] VALUES (1)", "`INSERT`"),
    (SqlServer, "UPDATE [t] SET [a] = 1", "`UPDATE`"),
    (SqlServer, "uPdAtE [t] sEt [a] = 1", "`UPDATE`"),
    (SqlServer, "MERGE [t] USING [u] ON 1 = 1", "`MERGE`"),
    (SqlServer, "EXEC [p]", "`EXEC`"),
    (SqlServer, "EXECUTE [p]", "`EXECUTE`"),
    (SqlServer, "xp_cmdshell N' '", "`xp_cmdshell`"),
    (SqlServer, "WAITFOR DELAY @P1", "`WAITFOR`"),
    (SqlServer, "SHUTDOWN", "`SHUTDOWN`"),
    (SqlServer, "USE [master]", "`USE`"),
    (SqlServer, "GRANT SELECT ON [t] TO [u]", "`GRANT`"),
    (SqlServer, "BACKUP DATABASE [d] TO [x]", "`BACKUP`"),
    (SqlServer, "DBCC CHECKDB", "`DBCC`"),
    (SqlServer, "IF 1 = 1 SELECT [a] FROM [t]", "`IF`"),
    (SqlServer, "VALUES (1)", "Values"),
    (SqlServer, "SHOW TABLES", "kind"),
    (SqlServer, "(SELECT [a] FROM [t])", "Query"),
    (Sqlite, "PRAGMA journal_mode", "`PRAGMA`"),
    (Sqlite, "VACUUM", "`VACUUM`"),
    (Sqlite, "ATTACH DATABASE ?1 AS \"x\"", "`ATTACH`"),
    (Sqlite, "REPLACE INTO \"t\" VALUES (1)", "`REPLACE`"),
    (Sqlite, "EXPLAIN SELECT \"a\" FROM \"t\"", "`EXPLAIN`"),
    // Several statements.
    (SqlServer, "SELECT [a] FROM [t];", "`;`"),
    (SqlServer, "SELECT [a] FROM [t]; DROP TABLE [t]", "`;`"),
    (SqlServer, "SELECT [a] FROM [t] DROP TABLE [t]", "`DROP`"),
    (SqlServer, "SELECT [a] FROM [t] SELECT [b] FROM [u]", "after the statement"),
    (SqlServer, "SELECT [a] FROM [t] END", "`END`"),
    (SqlServer, "SELECT [a] FROM [t] WHERE 1 = 1 disconnect", "after the statement"),
    (SqlServer, "SELECT [a] FROM [t] SHUTDOWN", "`SHUTDOWN`"),
    (SqlServer, "SELECT [a] FROM [t] disconnect", "another name"),
    (SqlServer, "SELECT [a]\nGO\nSELECT [b]", "`GO`"),
    (Sqlite, "SELECT \"a\" FROM \"t\"; DELETE FROM \"t\"", "`;`"),
    (Sqlite, "SELECT \"a\" FROM \"t\"\0; DELETE FROM \"t\"", "` `"),
    // Comments.
    (SqlServer, "SELECT [a] FROM [t] -- x", "a comment"),
    (SqlServer, "SELECT [a] FROM [t] --", "a comment"),
    (SqlServer, "SELECT [a] /* x */ FROM [t]", "a comment"),
    (SqlServer, "SELECT [a] /* /* x */ */ FROM [t]", "a comment"),
    (SqlServer, "SELECT [a] FROM [t] /*", "tokens"),
    (SqlServer, "SEL/**/ECT [a] FROM [t]", "a comment"),
    (Sqlite, "SELECT \"a\" FROM \"t\" --x\n", "a comment"),
    (Sqlite, "SELECT \"a\" FROM \"t\" /*", "tokens"),
    // Letters and blanks that only look plain.
    (SqlServer, "ＤＲＯＰ TABLE [t]", "other letters"),
    (SqlServer, "SELECT [a] FROM [t] ＷＨＥＲＥ 1 = 1", "other letters"),
    (SqlServer, "SELECT [a] FROM [t] WHERE [b] ＝ 1", "`＝`"),
    (SqlServer, "SELECT [a]； DROP TABLE [t]", "`；`"),
    (SqlServer, "SЕLECT [a] FROM [t]", "other letters"),
    (SqlServer, "SELECT [a] FROM [t] WHERE ехес = 1", "other letters"),
    (SqlServer, "SELECT [a] FROM [t] WHERE drop\u{200b}table = 1", "`DROP`"),
    (SqlServer, "SELECT [a] FROM [t] WHERE x\u{200b}y = 1", "\u{200b}"),
    (SqlServer, "SELECT\u{a0}[a] FROM [t]", "a blank"),
    (SqlServer, "SELECT\u{3000}[a] FROM [t]", "a blank"),
    (SqlServer, "SELECT\u{2028}[a] FROM [t]", "a blank"),
    (SqlServer, "SELECT\r[a] FROM [t]", "a blank"),
    (SqlServer, "SELECT \u{feff}[a] FROM [t]", "\u{feff}"),
    (SqlServer, "SELECT [a] FROM [t] WHERE ʼaʼ = 1", "other letters"),
    (Sqlite, "SELECT \u{200b} FROM \"t\"", "other letters"),
    // Names.
    (SqlServer, "SELECT [a]]b] FROM [t]", "a quote"),
    (SqlServer, "SELECT [a]] FROM [t]; DROP TABLE [x] --]", "a quote"),
    (SqlServer, "SELECT [[a] FROM [t]", "a quote"),
    (SqlServer, "SELECT \"a\" FROM [t]", "other quotes"),
    (SqlServer, "SELECT [a FROM [t]", "a quote"),
    (SqlServer, "SELECT [a] FROM [t", "tokens"),
    (SqlServer, "SELECT [] FROM [t]", "no letters"),
    (SqlServer, "SELECT [a\nGO\nDROP TABLE x] FROM [t]", "a control character"),
    (SqlServer, "SELECT [a] FROM #t", "other letters"),
    (SqlServer, "SELECT @@VERSION", "other letters"),
    (SqlServer, "SELECT @x", "other letters"),
    (SqlServer, "SELECT [a] FROM FROM", "a table's name"),
    (SqlServer, "SELECT name FROM [t]", "a value: `Identifier`"),
    (SqlServer, "SELECT [a] FROM [t] ORDER BY name", "an order by"),
    (SqlServer, "SELECT [a] FROM @P1", "a table's name"),
    (SqlServer, "SELECT [a] FROM [t] WHERE [a] = ?1", "`?1`"),
    (SqlServer, "SELECT [a] FROM [t] WHERE [a] = $1", "`$1`"),
    (SqlServer, "SELECT [a] FROM [xp_cmdshell]", "begins with `xp_`"),
    (SqlServer, "SELECT [a] FROM [dbo].[ SP_who]", "begins with `sp_`"),
    (SqlServer, "SELECT [a] FROM [server].[db].[dbo].[t]", "4 parts"),
    (SqlServer, "SELECT [a] FROM [db].[dbo].[t]", "3 parts"),
    (SqlServer, "SELECT [a] FROM [db]..[t]", "3 parts"),
    (SqlServer, "SELECT [t].[a].[b] FROM [t]", "CompoundIdentifier"),
    (Sqlite, "SELECT [a] FROM \"t\"", "other quotes"),
    (Sqlite, "SELECT `a` FROM \"t\"", "other quotes"),
    (Sqlite, "SELECT \"a\"\"b\" FROM \"t\"", "a quote"),
    (Sqlite, "SELECT \"name\" FROM pragma_database_list", "a table's name"),
    (Sqlite, "SELECT \"name\" FROM \"pragma_database_list\"", "a table's name"),
    // The select list.
    (SqlServer, "SELECT * FROM [t]", "`*`"),
    (SqlServer, "SELECT [t].* FROM [t]", "`*`"),
    (SqlServer, "SELECT [a], * FROM [t]", "`*`"),
    (SqlServer, "SELECT COUNT(*) FROM [t]", "`*`"),
    (SqlServer, "SELECT [a] * 2 FROM [t]", "`*`"),
    (SqlServer, "SELECT FROM [t]", "no SQL"),
    (SqlServer, "SELECT DISTINCT [a] FROM [t]", "`DISTINCT`"),
    (SqlServer, "SELECT ALL [a] FROM [t]", "`DISTINCT`"),
    (SqlServer, "SELECT TOP (10) PERCENT [a] FROM [t]", "`TOP`"),
    (SqlServer, "SELECT TOP (@P1) [a] FROM [t]", "`TOP`"),
    (SqlServer, "SELECT [a] INTO [u] FROM [t]", "`INTO`"),
    (SqlServer, "SELECT @P1 = [a] FROM [t]", "another name"),
    (SqlServer, "SELECT [b] = [a] FROM [t]", "another name"),
    (SqlServer, "SELECT [a] [b] FROM [t]", "another name"),
    (SqlServer, "SELECT [a] AS [b] FROM [t]", "another name"),
    (SqlServer, "SELECT ([a] = 1) FROM [t]", "BinaryOp"),
    (SqlServer, "SELECT (SELECT [a] FROM [t])", "Subquery"),
    (SqlServer, "SELECT CASE WHEN 1 = 1 THEN 1 ELSE 2 END", "`ELSE`"),
    (SqlServer, "SELECT CASE WHEN 1 = 1 THEN 1 END", "`END`"),
    (SqlServer, "SELECT 'x'", "the text 'x'"),
    (SqlServer, "SELECT N'''; DROP TABLE t; --'", "the text"),
    (SqlServer, "SELECT ' '", "where it does not belong"),
    (SqlServer, "SELECT 'INSERT' FROM [t]", "where it does not belong"),
    (SqlServer, "SELECT REPLACE([a], 'INSERT', 'ALTER') FROM [t]", "where it does not belong"),
    (SqlServer, "SELECT NCHAR('INSERT')", "where it does not belong"),
    (SqlServer, "SELECT NULL", "where it does not belong"),
    (SqlServer, "SELECT 0xFF", "`X'FF'`"),
    (SqlServer, "SELECT 1.5", "`1.5`"),
    (SqlServer, "SELECT 1e5", "`1e5`"),
    (SqlServer, "SELECT -1", "`-`"),
    (SqlServer, "SELECT [a] + [b] FROM [t]", "`+`"),
    (SqlServer, "SELECT {fn DB_NAME()}", "`{`"),
    // Tables.
    (SqlServer, "SELECT [a] FROM [t] WITH (NOLOCK)", "a hint"),
    (SqlServer, "SELECT [a] FROM [t] (NOLOCK)", "a function or a hint"),
    (SqlServer, "SELECT [a] FROM [t] WITH (TABLOCKX, HOLDLOCK)", "a hint"),
    (SqlServer, "SELECT [a] FROM [t] AS [x] WITH (UPDLOCK)", "a hint"),
    (SqlServer, "SELECT [a] FROM [t] TABLESAMPLE (10)", "TABLESAMPLE"),
    (SqlServer, "SELECT [a] FROM [t] FOR SYSTEM_TIME AS OF @P1", "SYSTEM_TIME"),
    (SqlServer, "SELECT [a] FROM [t] AS [x]([b])", "another name"),
    (SqlServer, "SELECT [a] FROM [t] AS x", "another name"),
    (SqlServer, "SELECT [a] FROM [t], [u]", "without `JOIN`"),
    (SqlServer, "SELECT [a] FROM (SELECT [a] FROM [t]) AS [x]", "Derived"),
    (SqlServer, "SELECT [a] FROM ([t] JOIN [u] ON 1 = 1)", "NestedJoin"),
    (SqlServer, "SELECT [a] FROM [t] LEFT JOIN [u] ON [t].[a] = [u].[a]", "Left"),
    (SqlServer, "SELECT [a] FROM [t] CROSS JOIN [u]", "CrossJoin"),
    (SqlServer, "SELECT [a] FROM [t] JOIN [u] USING ([a])", "Join"),
    (SqlServer, "SELECT [a] FROM [t] NATURAL JOIN [u]", "Join"),
    (SqlServer, "SELECT [a] FROM [t] CROSS APPLY [f]([t].[a])", "a function or a hint"),
    (SqlServer, "SELECT [a] FROM [t] OUTER APPLY [u]", "OuterApply"),
    (SqlServer, "SELECT [a] FROM [t] PIVOT (MAX([a]) FOR [b] IN ([c])) AS [p]", "Pivot"),
    (SqlServer, "SELECT [a] FROM OPENROWSET(BULK N' ', SINGLE_CLOB)", "`OPENROWSET`"),
    (SqlServer, "SELECT [a] FROM OPENQUERY([s], N' ')", "`OPENQUERY`"),
    (SqlServer, "SELECT [a] FROM OPENDATASOURCE(' ', ' ').[d].[dbo].[t]", "`OPENDATASOURCE`"),
    (SqlServer, "SELECT [a] FROM OPENXML(@P1, ' ')", "`OPENXML`"),
    (SqlServer, "SELECT [a] FROM [dbo].[fn_trace_gettable](@P1, 1)", "a function or a hint"),
    (SqlServer, "SELECT [name] FROM pragma_table_info(@P1)", "a function or a hint"),
    (Sqlite, "SELECT \"name\" FROM pragma_database_list()", "a function"),
    (Sqlite, "SELECT \"name\" FROM pragma_table_info('t')", "the text 't'"),
    (Sqlite, "SELECT \"name\" FROM \"pragma_table_info\"(?1)", "a function"),
    (Sqlite, "SELECT \"name\" FROM fsdir(?1)", "`FSDIR`"),
    (Sqlite, "SELECT \"a\" FROM \"t\" INDEXED BY \"i\"", "after the statement"),
    // Conditions.
    (SqlServer, "SELECT [a] FROM [t] WHERE [a] IN (SELECT [a] FROM [u])", "InSubquery"),
    (SqlServer, "SELECT [a] FROM [t] WHERE EXISTS (SELECT 1 FROM [u])", "Exists"),
    (SqlServer, "SELECT [a] FROM [t] WHERE [a] = (SELECT [a] FROM [u])", "Subquery"),
    (SqlServer, "SELECT [a] FROM [t] WHERE [a] = ANY (SELECT [a] FROM [u])", "Any"),
    (SqlServer, "SELECT [a] FROM [t] WHERE [a] IN (1, 2)", "InList"),
    (SqlServer, "SELECT [a] FROM [t] WHERE [a] LIKE @P1", "Like"),
    (SqlServer, "SELECT [a] FROM [t] WHERE [a] BETWEEN 1 AND 2", "Between"),
    (SqlServer, "SELECT [a] FROM [t] WHERE [a]", "Identifier"),
    (SqlServer, "SELECT [a] FROM [t] WHERE [a] = 1 = 1", "BinaryOp"),
    (SqlServer, "SELECT [a] FROM [t] WHERE fn_evil([a]) = 1", "the function `fn_evil`"),
    (SqlServer, "SELECT [a] FROM [t] WHERE [dbo].[f]([a]) = 1", "the function"),
    (SqlServer, "SELECT [a] FROM [t] WHERE [NCHAR]([a]) = 1", "the function"),
    (SqlServer, "SELECT NCHAR([a], [b]) FROM [t]", "`NCHAR` with other"),
    (SqlServer, "SELECT NCHAR(DISTINCT [a]) FROM [t]", "`NCHAR` with"),
    (SqlServer, "SELECT NCHAR([a]) OVER (ORDER BY [a]) FROM [t]", "`OVER`"),
    (SqlServer, "SELECT NCHAR((SELECT [a] FROM [u])) FROM [t]", "Subquery"),
    (SqlServer, "SELECT TRIM(LEADING @P1 FROM [a]) FROM [t]", "Trim"),
    (SqlServer, "SELECT TRIM([a]) FROM [t]", "Trim"),
    (SqlServer, "SELECT [a] FROM [t] WHERE LTRIM(RTRIM([b])) = @P1", "the function `LTRIM`"),
    (SqlServer, "SELECT [a] FROM [t] WHERE REPLACE([b], CHAR(9), N' ') = @P1", "the function `CHAR`"),
    (Sqlite, "SELECT \"a\" FROM \"t\" WHERE TRIM(\"b\", ?1) = ?2", "Trim"),
    (SqlServer, "SELECT TRY_CAST([a] AS int) FROM [t]", "Cast"),
    (SqlServer, "SELECT CAST([a] AS geometry) FROM [t]", "the type"),
    (SqlServer, "SELECT CAST([a] AS [dbo].[evil]) FROM [t]", "the type"),
    (SqlServer, "SELECT CONVERT(int, [a]) FROM [t]", "Convert"),
    (SqlServer, "SELECT [a] FROM [t] WHERE [a] = [b] COLLATE Latin1_General_BIN", "Collate"),
    (SqlServer, "SELECT [a].modify(' ') FROM [t]", "the function"),
    (SqlServer, "SELECT NEXT VALUE FOR [s]", "no SQL"),
    (Sqlite, "SELECT load_extension(?1)", "`LOAD_EXTENSION`"),
    (Sqlite, "SELECT \"load_extension\"(?1)", "the function"),
    (Sqlite, "SELECT writefile(?1, ?2)", "`WRITEFILE`"),
    (Sqlite, "SELECT \"a\" FROM \"t\" WHERE \"a\" MATCH ?1", "BinaryOp"),
    (Sqlite, "SELECT \"a\" FROM \"t\" WHERE \"a\" == 1", "`==`"),
    // Other clauses.
    (SqlServer, "WITH [x] AS (SELECT [a] FROM [t]) SELECT [a] FROM [x]", "`WITH`"),
    (SqlServer, "WITH [x] AS (SELECT [a] FROM [t]) DELETE FROM [x]", "`DELETE`"),
    (SqlServer, "SELECT [a] FROM [t] UNION SELECT [a] FROM [u]", "`UNION`"),
    (SqlServer, "SELECT [a] FROM [t] EXCEPT SELECT [a] FROM [u]", "`EXCEPT`"),
    (SqlServer, "SELECT [a] FROM [t] GROUP BY [a]", "`GROUP BY`"),
    (SqlServer, "SELECT [a] FROM [t] HAVING 1 = 1", "`HAVING`"),
    (SqlServer, "SELECT [a] FROM [t] ORDER BY NCHAR([a])", "an order by"),
    (SqlServer, "SELECT [a] FROM [t] ORDER BY 1", "an order by"),
    (SqlServer, "SELECT [a] FROM [t] ORDER BY @P1", "an order by"),
    (SqlServer, "SELECT [a] FROM [t] ORDER BY [a] OFFSET 5 ROWS", "`LIMIT`"),
    (SqlServer, "SELECT [a] FROM [t] ORDER BY [a] OFFSET 0 ROWS FETCH NEXT 5 ROWS ONLY", "`FETCH`"),
    (SqlServer, "SELECT [a] FROM [t] FOR XML PATH", "`FOR`"),
    (SqlServer, "SELECT [a] FROM [t] FOR JSON AUTO", "`FOR`"),
    (SqlServer, "SELECT [a] FROM [t] FOR UPDATE", "`UPDATE`"),
    (SqlServer, "SELECT [a] FROM [t] OPTION (MAXDOP 1)", "no SQL"),
    (SqlServer, "UPDATE [t] SET [a] = 1 OUTPUT [deleted].[a]", "`UPDATE`"),
    (Sqlite, "SELECT \"a\" FROM \"t\" LIMIT ?1", "`LIMIT`"),
    (Sqlite, "SELECT \"a\" FROM \"t\" LIMIT 5 OFFSET 5", "`LIMIT`"),
    (Sqlite, "SELECT \"a\" FROM \"t\" LIMIT 5, 5", "`LIMIT`"),
];

#[test]
fn every_form_of_statement_that_the_extractor_needs_passes() {
    for (spelling, text) in GOOD {
        assert_eq!(check(text, *spelling), Ok(()));
    }
}

#[test]
fn everything_else_is_refused_and_the_error_says_for_what() {
    let wrong = BAD.iter().filter_map(|(spelling, text, reason)| match check(text, *spelling) {
        Err(error) if error.reason.contains(reason) => None,
        verdict => Some(format!("{text}\n  was to be refused for {reason}\n  and gave {verdict:?}")),
    });
    assert_eq!(wrong.collect::<Vec<_>>().join("\n"), "");
}

#[test]
fn either_layer_alone_refuses_what_is_no_plain_select() {
    for text in [
        "DROP TABLE [t]",
        "DELETE FROM [t]",
        "TRUNCATE TABLE [t]",
        "INSERT INTO [t] VALUES (1)",
        "UPDATE [t] SET [a] = 1",
        "MERGE INTO [t] USING [u] ON 1 = 1 WHEN MATCHED THEN DELETE",
        "ALTER TABLE [t] ADD [b] int",
        "EXEC [p]",
        "GRANT SELECT ON [t] TO [u]",
        "WAITFOR DELAY ' '",
        "SELECT [a] INTO [u] FROM [t]",
        "SELECT [a] FROM [t]; DROP TABLE [t]",
        "SELECT [a] FROM [t] DROP TABLE [t]",
        "SELECT [a] FROM [t] END DROP TABLE [t]",
        "WITH [x] AS (SELECT [a] FROM [t]) DELETE FROM [x]",
        "SELECT [a] FROM [t] UNION SELECT [a] FROM [u]",
        "SELECT [a] FROM OPENROWSET(BULK N' ', SINGLE_CLOB)",
        "SELECT * FROM [t]",
        "SELECT xp_cmdshell(' ')",
    ] {
        assert!(words::check(text, SqlServer).is_err(), "the words of {text}");
        let tokens = Tokenizer::new(SqlServer.dialect(), text).tokenize_with_location().unwrap();
        assert!(tree::check(tokens, SqlServer).is_err(), "the tree of {text}");
    }
}

#[test]
fn a_forbidden_word_is_found_in_any_case_wherever_it_stands_and_only_as_a_whole_word() {
    for word in FORBIDDEN {
        let mixed: String = word
            .chars()
            .enumerate()
            .map(|(i, c)| if i % 2 == 0 { c.to_ascii_lowercase() } else { c })
            .collect();
        for word in [word, mixed.as_str()] {
            for text in [
                format!("SELECT {word} FROM [t]"),
                format!("SELECT [a] FROM {word}"),
                format!("SELECT [a] FROM [t] WHERE {word} = 1"),
            ] {
                let error = check(&text, Spelling::SqlServer).unwrap_err();
                assert_eq!(error.reason, format!("`{}`", word.to_ascii_uppercase()));
            }
            for whole in [
                format!("{word}d"),
                format!("x{word}"),
                format!("{word}_1"),
                format!("[{word}]"),
                format!("[{word} x]"),
            ] {
                assert_eq!(
                    check(&format!("SELECT {whole} FROM [t] WHERE {whole} = 1"), Spelling::SqlServer),
                    Ok(())
                );
            }
        }
    }
}

#[test]
fn an_error_shows_the_beginning_of_the_text_on_one_line() {
    let error = check("SELECT [a]\nINTO [b]", Spelling::SqlServer).unwrap_err().to_string();
    assert!(error.starts_with("the statement guard refused `SELECT [a] INTO [b]`: `INTO`"), "{error}");
    let error =
        check(&format!("SELECT {}", "[a], ".repeat(1000)), Spelling::SqlServer).unwrap_err().to_string();
    assert!(error.len() < 500 && error.contains("[a]…`: "), "{error}");
}

#[test]
fn texts_that_are_long_or_deep_neither_take_the_stack_nor_the_parser_s_patience() {
    let chain = |links: usize, link: &str| format!("SELECT [a] FROM [t] WHERE 1=1{}", link.repeat(links));
    assert_eq!(check(&chain((MAX_OPERATORS - 1) / 2, " OR 1=1"), Spelling::SqlServer), Ok(()));
    assert!(
        check(&chain(MAX_OPERATORS / 2, " OR 1=1"), Spelling::SqlServer)
            .unwrap_err()
            .reason
            .contains("operators")
    );
    assert!(check(&chain(MAX_BYTES, " "), Spelling::SqlServer).unwrap_err().reason.contains("bytes long"));
    for link in ["=1", " IS NULL", " OR NOT NOT NOT NOT NOT 1=1"] {
        assert!(check(&chain(MAX_OPERATORS - 1, link), Spelling::SqlServer).is_err());
    }
    for (opening, closing) in
        [("(", ")"), ("NOT ", ""), ("NOT (", ")"), ("NCHAR(", ")"), ("CAST(", " AS int)"), ("(((", "")]
    {
        for times in [2 * MAX_DEPTH, 2000].into_iter().filter(|times| *times == 2000 || opening.contains('('))
        {
            let text =
                format!("SELECT [a] FROM [t] WHERE {}1{} = 1", opening.repeat(times), closing.repeat(times));
            assert!(check(&text, Spelling::SqlServer).is_err());
        }
    }
    let nested =
        |times: usize| format!("SELECT [a] FROM [t] WHERE {}1 = 1{}", "(".repeat(times), ")".repeat(times));
    assert_eq!(check(&nested(MAX_DEPTH), Spelling::SqlServer), Ok(()));
    assert!(check(&nested(MAX_DEPTH + 1), Spelling::SqlServer).unwrap_err().reason.contains("brackets"));
}
