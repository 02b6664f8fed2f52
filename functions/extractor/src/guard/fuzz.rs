//! Random texts. A text that passes the guard is judged again in other ways, which do not know how the guard
//! judges.

use std::cell::Cell;
use std::ops::ControlFlow;

use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{TestCaseResult, TestRunner};
use rusqlite::fallible_iterator::FallibleIterator;
use rusqlite::{Batch, Connection};
use sqlparser::ast::{
    Expr, ObjectName, Query, Select, SelectItem, SetExpr, Statement, TableFactor, Visit, Visitor,
};
use sqlparser::dialect::{
    AnsiDialect, Dialect, GenericDialect, MsSqlDialect, MySqlDialect, PostgreSqlDialect, SQLiteDialect,
};
use sqlparser::parser::{Parser, ParserOptions};

use warehouse::sources::{ALL, Source};

use super::tests::GOOD;
use super::{Spelling, check};
use crate::source::{self, Class, Condition, Dialect as Database, Table, TableColumn};

/// Parts of statements, good and evil.
#[rustfmt::skip]
const FRAGMENTS: &[&str] = &[
    "SELECT", "FROM", "WHERE", "AND", "OR", "NOT", "IS NULL", "IS NOT NULL", "ORDER BY", "JOIN", "ON", "AS", "TOP (5)", "WITH TIES", "LIMIT 5", "ASC", "=", "<>", "<", ">=",
    "(", ")", ",", ".", "1", "0", "[a]", "[b]", "[t]", "[u]", "[dbo].[t]", "\"a\"", "\"b\"", "\"t\"", "\"u\"", "@P1", "?1", "a", "t", "NCHAR([a])", "NCHAR(\"a\")",
    "CAST([a] AS int)", "CAST(\"a\" AS TEXT)", "TRIM(", "SUBSTR(", "REPLACE(", "CHAR(9)", "N' '", "' '", "'INSERT'", "DB_NAME()", "pragma_table_info(?1)", " ", "\n", "\t",
    "SELECT [a]", "SELECT \"a\"", "FROM [t]", "FROM \"t\"", "[a] = 1", "\"a\" = 1", "AS [x]", "AS \"x\"", "WHERE 1 = 0",
    ";", "--", "-- x\n", "/*", "*/", "/* x */", "*", "[t].*", "COUNT(*)", "'", "\"", "[", "]", "]]", "\"\"", "''", "'x'", "`a`", "`", "#t", "@", "@@VERSION", "@x", "$1", "0x1F", "1.5",
    "-", "+", "|", "||", "&", "::", ":", "!", "\\", "{", "}", "%", "\0", "\r", "\u{a0}", "\u{200b}", "\u{feff}", "ＤＲＯＰ", "е", "；", "＇", "ʼ",
    "DROP TABLE [t]", "DELETE FROM [t]", "INSERT INTO [t] VALUES (1)", "UPDATE [t] SET [a] = 1", "ALTER", "TRUNCATE TABLE t", "EXEC", "EXECUTE p", "MERGE", "INTO", "INTO [x]", "GRANT",
    "CREATE TABLE x (a int)", "xp_cmdshell", "[xp_cmdshell]", "sp_who", "OPENROWSET(BULK N' ')", "OPENQUERY", "WAITFOR", "SHUTDOWN", "KILL 1", "USE", "DECLARE @x int", "SET", "GO",
    "BEGIN", "COMMIT", "PRAGMA", "PRAGMA journal_mode", "ATTACH", "VACUUM", "load_extension(?1)", "writefile(?1, ?2)", "pragma_database_list", "UNION", "UNION ALL SELECT [a]",
    "EXCEPT", "VALUES (1)", "WITH [x] AS (SELECT [a] FROM [t])", "(SELECT [a] FROM [t])", "(SELECT \"a\" FROM \"t\")", "EXISTS", "IN", "LIKE", "BETWEEN", "CASE", "WHEN", "END", "DISTINCT",
    "GROUP BY [a]", "HAVING", "FOR XML PATH", "FOR UPDATE", "FOR SYSTEM_TIME AS OF @P1", "WITH (NOLOCK)", "OPTION (RECOMPILE)", "CROSS APPLY", "OUTER APPLY [u]", "LEFT", "LATERAL",
    "TABLESAMPLE (1)", "PIVOT", "OVER ()", "FILTER", "COLLATE", "OFFSET 1 ROWS", "FETCH", "RETURNING", "OUTPUT", "[s].[d].[dbo].[t]", "..", "NULL", "true", "INDEXED BY",
];

fn spelling() -> impl Strategy<Value = Spelling> + Clone {
    select(vec![Spelling::SqlServer, Spelling::Sqlite])
}

/// Parts that may follow each other.
const CLAUSES: &[&str] = &[
    ", [b]",
    ", NCHAR([b])",
    "FROM [t]",
    "FROM [dbo].[t] AS [x]",
    "JOIN [u] ON [a] = 1",
    "WHERE [a] = 1",
    "WHERE NOT ([a] <> 1",
    ")",
    "AND [b] IS NULL",
    "OR CAST([a] AS real) < 7",
    "ORDER BY [a], [b]",
    "DESC",
];

/// Fragments in any order.
fn soup() -> impl Strategy<Value = (Spelling, String)> {
    let fragment = prop_oneof![4 => select(CLAUSES), 1 => select(FRAGMENTS)];
    let fragments = prop::collection::vec((fragment, select(&[" ", " ", " ", "", "\n"][..])), 1..8);
    (spelling(), prop::bool::weighted(0.9), fragments).prop_map(|(spelling, begun, fragments)| {
        let begin = if begun { "SELECT [a] " } else { "" }.to_owned();
        let text = fragments.iter().fold(begin, |text, (fragment, gap)| text + fragment + gap);
        (spelling, if spelling == Spelling::Sqlite { text.replace(['[', ']'], "\"") } else { text })
    })
}

/// A good statement as the extractor could make one, of any shape.
fn good() -> impl Strategy<Value = (Spelling, String)> {
    spelling().prop_flat_map(|spelling| {
        prop_oneof![1 => shelf(spelling), 3 => grown(spelling)].prop_map(move |text| (spelling, text))
    })
}

fn shelf(spelling: Spelling) -> impl Strategy<Value = String> {
    select(
        GOOD.iter().filter(|(of, _)| *of == spelling).map(|(_, text)| (*text).to_owned()).collect::<Vec<_>>(),
    )
}

fn grown(spelling: Spelling) -> BoxedStrategy<String> {
    let (types, mark): (&[&str], &str) = match spelling {
        Spelling::SqlServer => (
            &[
                "datetime",
                "datetime2(7)",
                "decimal(12, 3)",
                "nvarchar(max)",
                "varchar(20)",
                "bigint",
                "uniqueidentifier",
            ],
            "@P",
        ),
        Spelling::Sqlite => (&["TEXT", "INTEGER", "REAL", "NUMERIC"], "?"),
    };
    let quoted = move |name: &str| {
        let (opening, closing) = spelling.quotes();
        format!("{opening}{name}{closing}")
    };
    let name =
        select(&["a", "b", "Updated", "drop table", "delete;--", "naïve 魚"][..]).prop_map(quoted).boxed();
    let leaf = prop_oneof![4 => name.clone(), 2 => (1..9_u32).prop_map(move |i| format!("{mark}{i}")), 1 => (0..100_000_u32).prop_map(|n| n.to_string())];
    let value = leaf.prop_recursive(3, 6, 1, move |inner| {
        prop_oneof![
            3 => (inner.clone(), select(types)).prop_map(|(value, sql_type)| format!("CAST({value} AS {sql_type})")),
            1 => inner.clone().prop_map(|value| format!("NCHAR({value})")),
            1 => inner.clone().prop_map(|value| format!("REPLACE({value}, NCHAR(9), ' ')")),
            1 => inner.prop_map(|value| format!("SUBSTR({value}, 1, 10)")),
        ]
    });
    let value = value.boxed();
    let comparison = prop_oneof![
        4 => (value.clone(), select(&["=", "<>", "<", "<=", ">", ">="][..]), value.clone()).prop_map(|(left, operator, right)| format!("{left} {operator} {right}")),
        1 => (name.clone(), select(&["IS NULL", "IS NOT NULL"][..])).prop_map(|(name, is)| format!("{name} {is}")),
        1 => Just("1 = 0".to_owned()),
    ];
    let condition = comparison.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            (prop::collection::vec(inner.clone(), 2..4), select(&[" AND ", " OR "][..]))
                .prop_map(|(all, operator)| format!("({})", all.join(operator))),
            inner.prop_map(|condition| format!("NOT {condition}")),
        ]
    });
    let columns = prop::collection::vec(prop_oneof![5 => name.clone(), 1 => value], 1..6)
        .prop_map(|columns| columns.join(", "));
    let order = prop::collection::vec(name, 0..4).prop_map(|names| {
        if names.is_empty() { String::new() } else { format!(" ORDER BY {}", names.join(", ")) }
    });
    let clauses = (columns, prop::option::of(condition), order, 1..100_000_u32);
    let statement = clauses.prop_map(move |(columns, condition, order, rows)| {
        let (top, limit) = if spelling == Spelling::SqlServer {
            (format!("TOP ({rows}) "), String::new())
        } else {
            (String::new(), format!(" LIMIT {rows}"))
        };
        let condition = condition.map(|condition| format!(" WHERE {condition}")).unwrap_or_default();
        format!("SELECT {top}{columns} FROM {}{condition}{order}{limit}", quoted("t"))
    });
    statement.boxed()
}

/// A change of a good statement.
#[derive(Clone, Debug)]
enum Change {
    Insert(Index, &'static str),
    Delete(Index),
    Double(Index),
    Swap(Index, Index),
    InsertChar(Index, char),
    DeleteChar(Index),
    SwapChars(Index),
}

fn change() -> impl Strategy<Value = Change> {
    let odd =
        select("[]\"'`()*;-/\\@#$?.,=<>! \n\0\u{a0}\u{200b}\u{2028}еＯ；aTx_1".chars().collect::<Vec<_>>());
    let at = any::<Index>;
    prop_oneof![
        (at(), select(FRAGMENTS)).prop_map(|(at, fragment)| Change::Insert(at, fragment)),
        at().prop_map(Change::Delete),
        at().prop_map(Change::Double),
        (at(), at()).prop_map(|(one, other)| Change::Swap(one, other)),
        (at(), odd).prop_map(|(at, odd)| Change::InsertChar(at, odd)),
        at().prop_map(Change::DeleteChar),
        at().prop_map(Change::SwapChars),
    ]
}

fn changed(text: &str, changes: &[Change]) -> String {
    changes.iter().fold(text.to_owned(), |text, change| {
        let mut pieces: Vec<String> = match change {
            Change::InsertChar(..) | Change::DeleteChar(_) | Change::SwapChars(_) => {
                text.chars().map(String::from).collect()
            }
            _ => text.split_inclusive(' ').map(str::to_owned).collect(),
        };
        if pieces.is_empty() {
            return text;
        }
        let length = pieces.len();
        let place = |at: &Index| at.index(length);
        match change {
            Change::Insert(at, fragment) => pieces.insert(place(at), format!("{fragment} ")),
            Change::InsertChar(at, odd) => pieces.insert(place(at), odd.to_string()),
            Change::Delete(at) | Change::DeleteChar(at) => drop(pieces.remove(place(at))),
            Change::Double(at) => pieces.insert(place(at), pieces[place(at)].clone()),
            Change::Swap(one, other) => pieces.swap(place(one), place(other)),
            Change::SwapChars(at) => pieces.swap(place(at), (place(at) + 1) % length),
        }
        pieces.concat()
    })
}

fn mutants() -> impl Strategy<Value = (Spelling, String)> {
    (good(), prop::collection::vec(change(), 1..4))
        .prop_map(|((spelling, text), changes)| (spelling, changed(&text, &changes)))
}

/// Tries so many texts, and judges those that the guard passes. Returns how many it passed.
fn judged(
    cases: u32,
    texts: impl Strategy<Value = (Spelling, String)>,
    judge: impl Fn(Spelling, &str) -> TestCaseResult,
) -> usize {
    let mut runner =
        TestRunner::new(ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() });
    let passed = Cell::new(0);
    let result = runner.run(&texts, |(spelling, text)| {
        if check(&text, spelling).is_err() {
            return Ok(());
        }
        passed.set(passed.get() + 1);
        judge(spelling, &text)
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    passed.get()
}

/// The text without texts and names in quotes, by the rules of the database. `None` if a quote is not closed.
fn without_quotes(spelling: Spelling, text: &str) -> Option<String> {
    let mut chars = text.chars().peekable();
    let mut outside = String::new();
    while let Some(c) = chars.next() {
        let closing = match c {
            '[' => ']',
            '\'' | '"' => c,
            '`' if spelling == Spelling::Sqlite => c,
            other => {
                outside.push(other);
                continue;
            }
        };
        loop {
            let inside = chars.next()?;
            // In SQLite a doubled square bracket is not one bracket: the first one ends the name.
            let doubles = !(spelling == Spelling::Sqlite && closing == ']');
            if inside == closing && !(doubles && chars.next_if_eq(&closing).is_some()) {
                break;
            }
        }
        outside.push_str(" quoted ");
    }
    Some(outside)
}

/// Fails unless the text outside of quotes has one SELECT and no evil mark or word.
fn judge_words(spelling: Spelling, text: &str) -> TestCaseResult {
    const EVIL: &str = "drop delete insert update alter truncate exec execute merge into grant revoke deny create backup restore shutdown kill reconfigure waitfor \
                        openrowset openquery opendatasource openxml bulk dbcc use declare set while if goto print raiserror throw begin commit rollback save tran \
                        transaction pragma attach detach vacuum reindex load_extension writefile readfile union except intersect values exists in over output";
    let outside = without_quotes(spelling, text);
    prop_assert!(outside.is_some(), "a quote is open in {}", text);
    let outside = outside.unwrap_or_default().to_ascii_lowercase();
    prop_assert!(outside.is_ascii());
    for mark in [";", "--", "/*", "*", "\0", "\\", "#", "@@", "$"] {
        prop_assert!(!outside.contains(mark), "{} is in {}", mark, text);
    }
    let words: Vec<&str> = outside
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '@'))
        .filter(|word| !word.is_empty())
        .collect();
    prop_assert_eq!(words[0], "select");
    prop_assert_eq!(words.iter().filter(|word| **word == "select").count(), 1);
    prop_assert!(words.iter().filter(|word| **word == "from").count() <= 1);
    for word in words {
        prop_assert!(
            !EVIL.split_whitespace().any(|evil| evil == word)
                && !word.starts_with("xp_")
                && !word.starts_with("sp_"),
            "{} is in {}",
            word,
            text
        );
    }
    Ok(())
}

/// Counts the nodes of which there must be one, and collects those that must not be there.
#[derive(Default)]
struct Nodes {
    statements: usize,
    queries: usize,
    selects: usize,
    evil: Vec<String>,
}

impl Visitor for Nodes {
    type Break = ();

    fn pre_visit_statement(&mut self, _: &Statement) -> ControlFlow<()> {
        self.statements += 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        self.queries += 1;
        if query.with.is_some()
            || !query.locks.is_empty()
            || query.for_clause.is_some()
            || query.fetch.is_some()
            || !matches!(*query.body, SetExpr::Select(_))
        {
            self.evil.push(format!("a clause of {query}"));
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        self.selects += 1;
        let plain = |item: &SelectItem| matches!(item, SelectItem::UnnamedExpr(_));
        if select.into.is_some()
            || select.distinct.is_some()
            || select.having.is_some()
            || select.projection.is_empty()
            || !select.projection.iter().all(plain)
        {
            self.evil.push(format!("a clause of {select}"));
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, name: &ObjectName) -> ControlFlow<()> {
        if name.0.len() > 2 {
            self.evil.push(format!("a name of a table of {} parts", name.0.len()));
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, table: &TableFactor) -> ControlFlow<()> {
        match table {
            TableFactor::Table { name, args, with_hints, version: None, sample: None, .. }
                if with_hints.is_empty() =>
            {
                if args.is_some()
                    && !["pragma_table_info", "pragma_index_list", "pragma_index_info"]
                        .contains(&name.to_string().as_str())
                {
                    self.evil.push(format!("a function {name} in the place of a table"));
                }
            }
            other => self.evil.push(format!("{other} in the place of a table")),
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expression: &Expr) -> ControlFlow<()> {
        const HARMLESS: &str =
            "SUBSTR LEFT REPLACE NCHAR HAS_PERMS_BY_NAME IS_SRVROLEMEMBER IS_ROLEMEMBER DB_NAME SYSDATETIME";
        match expression {
            Expr::Identifier(_)
            | Expr::CompoundIdentifier(_)
            | Expr::Value(_)
            | Expr::BinaryOp { .. }
            | Expr::UnaryOp { .. }
            | Expr::Nested(_)
            | Expr::IsNull(_)
            | Expr::IsNotNull(_)
            | Expr::Cast { .. }
            | Expr::Substring { .. } => {}
            Expr::Function(call) => {
                if call.over.is_some()
                    || !HARMLESS.split(' ').any(|name| call.name.to_string().eq_ignore_ascii_case(name))
                {
                    self.evil.push(format!("the call {call}"));
                }
            }
            other => self.evil.push(format!("the expression {other}")),
        }
        ControlFlow::Continue(())
    }
}

/// Fails unless the text is one query of known nodes only, in every dialect that can read it. Printed by the
/// parser, it must pass the guard again.
fn judge_tree(spelling: Spelling, text: &str) -> TestCaseResult {
    let own: &dyn Dialect = if spelling == Spelling::Sqlite { &SQLiteDialect {} } else { &MsSqlDialect {} };
    // SQL Server does not want semicolons between statements.
    let unseparated = ParserOptions { require_semicolon_stmt_delimiter: false, ..ParserOptions::default() };
    let loose = Parser::new(own)
        .with_options(unseparated)
        .try_with_sql(text)
        .and_then(|mut parser| parser.parse_statements());
    let strict = Parser::parse_sql(own, text);
    prop_assert!(strict.is_ok(), "no SQL: {}", text);
    let others: [&dyn Dialect; 6] = [
        &MsSqlDialect {},
        &SQLiteDialect {},
        &GenericDialect {},
        &AnsiDialect {},
        &MySqlDialect {},
        &PostgreSqlDialect {},
    ];
    for parsed in others.into_iter().map(|dialect| Parser::parse_sql(dialect, text)).chain([loose]) {
        prop_assert!(
            parsed.is_err() || matches!(parsed.as_deref(), Ok([Statement::Query(_)])),
            "{} is {:?}",
            text,
            parsed
        );
    }
    for statement in strict.unwrap_or_default() {
        let mut nodes = Nodes::default();
        let _ = statement.visit(&mut nodes);
        prop_assert_eq!((nodes.statements, nodes.queries, nodes.selects, nodes.evil), (1, 1, 1, Vec::new()));
        prop_assert_eq!(check(&statement.to_string(), spelling), Ok(()));
    }
    Ok(())
}

fn judge(spelling: Spelling, text: &str) -> TestCaseResult {
    judge_words(spelling, text)?;
    judge_tree(spelling, text)
}

#[test]
fn statements_of_the_extractor_s_kind_always_pass() {
    let passed = judged(2000, good(), judge);
    assert_eq!(passed, 2000);
}

#[test]
fn what_passes_of_random_fragments_is_one_plain_select() {
    let passed = judged(8000, soup(), judge);
    assert!(passed > 100, "only {passed} texts passed: the fragments are no test");
}

#[test]
fn what_passes_of_changed_statements_is_one_plain_select() {
    let passed = judged(4000, mutants(), judge);
    assert!((50..3950).contains(&passed), "{passed} texts passed: the changes are no test");
}

#[test]
fn sqlite_takes_what_passes_for_one_statement_that_only_reads() {
    let erp = Connection::open_in_memory().unwrap();
    let tables = "CREATE TABLE t (a, b, Updated, \"drop table\", \"delete;--\", \"naïve 魚\"); CREATE TABLE u (a, b);
                  CREATE TABLE run_sheets (run_number TEXT, production_date TEXT, started_at TEXT, updated_at TEXT, delete_flag INTEGER, Updated TEXT);";
    erp.execute_batch(tables).unwrap();
    let prepared = Cell::new(0);
    let texts = (
        prop_oneof![shelf(Spelling::Sqlite), grown(Spelling::Sqlite)],
        prop::collection::vec(change(), 0..4),
    );
    let texts = prop_oneof![1 => soup().prop_map(|(_, text)| text), 4 => texts.prop_map(|(text, changes)| changed(&text, &changes))];
    let texts = texts.prop_map(|text| (Spelling::Sqlite, text));
    judged(6000, texts, |_, text| {
        let mut statements = Batch::new(&erp, text);
        let Ok(Some(statement)) = statements.next() else { return Ok(()) };
        prepared.set(prepared.get() + 1);
        prop_assert!(
            statement.readonly() && statement.column_count() > 0 && statement.is_explain() == 0,
            "it writes: {}",
            text
        );
        drop(statement);
        prop_assert!(
            matches!(statements.next(), Ok(None)),
            "something comes after the first statement: {}",
            text
        );
        Ok(())
    });
    assert!(prepared.get() > 300, "only {} texts were statements to SQLite", prepared.get());
}

/// Types that a column of the ERP may have.
const COLUMNS: &[(&str, Class)] = &[
    ("varchar(20)", Class::Text),
    ("nvarchar(max)", Class::Text),
    ("date", Class::Date),
    ("smalldatetime", Class::SmallDateTime),
    ("datetime", Class::DateTime),
    ("datetime2(7)", Class::DateTime2),
    ("datetimeoffset(3)", Class::DateTimeOffset),
    ("decimal(12, 3)", Class::Other),
    ("float", Class::Other),
    ("money", Class::Other),
    ("bit", Class::Other),
    ("bigint", Class::Other),
    ("varbinary(max)", Class::Other),
    ("uniqueidentifier", Class::Other),
];

fn conditions(source: &'static Source) -> impl Strategy<Value = Condition> {
    let column = select(source.columns).prop_map(|column| column.source);
    let text =
        select(&["7", "'; DROP TABLE t --", "2026-11-13 06:00:00.003", "", "\u{a0} x", "naïve 魚"][..])
            .prop_map(str::to_owned);
    let cell = prop_oneof![
        Just(source::Cell::Null),
        any::<i64>().prop_map(source::Cell::Int),
        any::<f64>().prop_map(source::Cell::Real),
        text.prop_map(source::Cell::Text),
        prop::collection::vec(any::<u8>(), 0..4).prop_map(source::Cell::Blob),
    ];
    let leaf = (column, cell, 0..7).prop_map(|(column, cell, form)| match form {
        0 => Condition::IsNull(column),
        1 => Condition::NotNull(column),
        2 => Condition::AtLeast(column, cell),
        3 => Condition::Above(column, cell),
        4 => Condition::Below(column, cell),
        5 => Condition::Is(column, cell),
        _ => Condition::Undated(column),
    });
    leaf.prop_recursive(3, 24, 4, |inner| {
        let some = prop::collection::vec(inner, 0..4);
        prop_oneof![some.clone().prop_map(Condition::Any), some.prop_map(Condition::All)]
    })
}

fn selects() -> impl Strategy<Value = (Table, source::Select)> {
    let of_source = |source: &'static Source| {
        let types = prop::collection::vec(select(COLUMNS), source.columns.len());
        let parts = (
            any::<bool>(),
            types,
            prop::collection::vec(conditions(source), 0..4),
            any::<bool>(),
            0..3_usize,
            1..100_000_usize,
        );
        parts.prop_map(move |(sqlite, types, conditions, later, order, limit)| {
            let column =
                |(column, (sql_type, class)): (&warehouse::sources::Column, (&str, Class))| TableColumn {
                    name: column.source.to_uppercase(),
                    sql_type: if sqlite { String::new() } else { sql_type.to_owned() },
                    class: if sqlite { Class::Loose } else { class },
                    nullable: true,
                };
            let dialect = if sqlite { Database::Sqlite } else { Database::SqlServer };
            let table = Table {
                dialect,
                factory_tz: chrono_tz::Tz::UTC,
                columns: source.columns.iter().zip(types).map(column).collect(),
                indexes: Vec::new(),
            };
            let stamped: Vec<&str> =
                std::iter::once(source.watermark).chain(source.key.iter().copied()).collect();
            let order = [Vec::new(), source.key.to_vec(), stamped][order].clone();
            let after = later.then(|| order.iter().map(|_| source::Cell::Text("7".to_owned())).collect());
            let columns = source.columns.iter().map(|column| column.source).collect();
            (table, source::Select { source, columns, conditions, order, after, limit })
        })
    };
    select(ALL.to_vec()).prop_flat_map(of_source)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_statement_that_the_extractor_can_build_passes((table, select) in selects()) {
        let spelling = if table.dialect == Database::Sqlite { Spelling::Sqlite } else { Spelling::SqlServer };
        let ranges = select.ranges();
        let statements = ranges.iter().flat_map(|range| [range.statement(&table), range.statement_of_bytes(&table)]);
        for statement in statements {
            match statement {
                Ok(statement) => judge(spelling, statement.text())?,
                Err(error) => prop_assert!(false, "{}", error),
            }
        }
    }
}
