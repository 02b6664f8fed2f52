//! The second layer: judges the tree that a SQL parser makes of the tokens.
//!
//! It takes structs apart field by field. If a newer parser knows another clause, this file does not compile
//! until somebody has decided about that clause.

use std::fmt::{self, Write};

use sqlparser::ast::{
    BinaryOperator, CastKind, DataType, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList,
    FunctionArguments, GroupByExpr, Ident, Join, JoinConstraint, JoinOperator, LimitClause, ObjectName,
    ObjectNamePart, OrderBy, OrderByExpr, OrderByKind, OrderByOptions, Query, Select, SelectFlavor,
    SelectItem, SetExpr, Statement, TableAlias, TableFactor, TableFunctionArgs, TableWithJoins, Top,
    TopQuantity, UnaryOperator, Value, ValueWithSpan,
};
use sqlparser::keywords::ALL_KEYWORDS;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::Spelling;

/// A function that may be called.
struct Allowed {
    name: &'static str,
    arguments: usize,
    /// The texts that its arguments may be.
    strings: &'static [&'static str],
}

const fn function(name: &'static str, arguments: usize, strings: &'static [&'static str]) -> Allowed {
    Allowed { name, arguments, strings }
}

const FUNCTIONS: &[Allowed] = &[
    function("LEFT", 2, &[]),
    function("REPLACE", 3, &[" "]),
    function("NCHAR", 1, &[]),
    function("DB_NAME", 0, &[]),
    function("SYSDATETIME", 0, &[]),
    function(
        "IS_SRVROLEMEMBER",
        1,
        &[
            "sysadmin",
            "securityadmin",
            "serveradmin",
            "setupadmin",
            "processadmin",
            "diskadmin",
            "dbcreator",
            "bulkadmin",
            "##MS_DatabaseManager##",
            "##MS_LoginManager##",
            "##MS_ServerStateManager##",
        ],
    ),
    function(
        "IS_ROLEMEMBER",
        1,
        &[
            "db_owner",
            "db_accessadmin",
            "db_securityadmin",
            "db_ddladmin",
            "db_backupoperator",
            "db_datawriter",
        ],
    ),
    function(
        "HAS_PERMS_BY_NAME",
        3,
        &[
            "OBJECT",
            "DATABASE",
            "SERVER",
            "INSERT",
            "UPDATE",
            "DELETE",
            "ALTER",
            "EXECUTE",
            "CREATE TABLE",
            "CONTROL",
            "CONTROL SERVER",
            "ALTER ANY LOGIN",
            "ALTER ANY SERVER ROLE",
            "ALTER ANY DATABASE",
            "CREATE ANY DATABASE",
            "ALTER SETTINGS",
            "ALTER SERVER STATE",
            "ADMINISTER BULK OPERATIONS",
            "IMPERSONATE ANY LOGIN",
            "SHUTDOWN",
            "TAKE OWNERSHIP",
            "CREATE VIEW",
            "CREATE PROCEDURE",
            "CREATE FUNCTION",
            "CREATE SCHEMA",
            "ALTER ANY USER",
            "ALTER ANY ROLE",
            "ALTER ANY SCHEMA",
            "BACKUP DATABASE",
        ],
    ),
];

/// The functions that stand in the place of a table, with which SQLite tells about its own tables.
const TABLE_FUNCTIONS: &[&str] = &["pragma_table_info", "pragma_index_list", "pragma_index_info"];

/// The types to which a value may be cast. These are the types that columns have.
#[rustfmt::skip]
const TYPES: &[&str] = &[
    "bit", "tinyint", "smallint", "int", "integer", "bigint", "decimal", "numeric", "money", "smallmoney", "float", "real",
    "date", "time", "datetime", "smalldatetime", "datetime2", "datetimeoffset",
    "char", "varchar", "text", "nchar", "nvarchar", "ntext", "sysname", "binary", "varbinary", "image", "blob",
    "uniqueidentifier", "rowversion", "timestamp", "sql_variant", "xml", "hierarchyid",
];

type Verdict = Result<(), String>;

/// Whether the tokens are one plain SELECT.
pub(super) fn check(tokens: Vec<TokenWithSpan>, spelling: Spelling) -> Verdict {
    let mut parser = Parser::new(spelling.dialect()).with_tokens_with_locations(tokens);
    let statement =
        parser.parse_statement().map_err(|error| format!("it is no SQL that the parser knows ({error})"))?;
    // The parser's own loop over statements would end at a word such as `END`, and not say that more follows.
    if parser.peek_token_ref().token != Token::EOF {
        return refuse(format!("something after the statement: `{}`", parser.peek_token_ref()));
    }
    match &statement {
        Statement::Query(query) => check_query(query, spelling),
        other => refuse(format!("a statement of the kind {}", kind(other))),
    }
}

fn check_query(query: &Query, spelling: Spelling) -> Verdict {
    let Query {
        with,
        body,
        order_by,
        limit_clause,
        fetch,
        locks,
        for_clause,
        settings,
        format_clause,
        pipe_operators,
    } = query;
    absent(&[
        (with.is_none(), "WITH"),
        (fetch.is_none(), "FETCH"),
        (locks.is_empty(), "FOR UPDATE"),
        (for_clause.is_none(), "FOR"),
        (settings.is_none(), "SETTINGS"),
        (format_clause.is_none(), "FORMAT"),
        (pipe_operators.is_empty(), "|>"),
    ])?;
    match body.as_ref() {
        SetExpr::Select(select) => check_select(select, spelling)?,
        other => return refuse(format!("a query of the kind {}", kind(other))),
    }
    if let Some(OrderBy { kind, interpolate }) = order_by {
        absent(&[(interpolate.is_none(), "INTERPOLATE")])?;
        let OrderByKind::Expressions(columns) = kind else { return refuse("`ORDER BY ALL`") };
        columns.iter().try_for_each(check_order)?;
    }
    match limit_clause {
        None => Ok(()),
        Some(LimitClause::LimitOffset { limit: Some(limit), offset: None, limit_by })
            if limit_by.is_empty() && is_integer(limit) =>
        {
            Ok(())
        }
        Some(_) => refuse("a `LIMIT` that is more than a number"),
    }
}

fn check_select(select: &Select, spelling: Spelling) -> Verdict {
    let Select {
        select_token: _,
        optimizer_hints,
        distinct,
        select_modifiers,
        top,
        top_before_distinct: _,
        projection,
        exclude,
        into,
        from,
        lateral_views,
        prewhere,
        selection,
        connect_by,
        group_by,
        cluster_by,
        distribute_by,
        sort_by,
        having,
        named_window,
        qualify,
        window_before_qualify: _,
        value_table_mode,
        flavor,
    } = select;
    absent(&[
        (optimizer_hints.is_empty(), "a hint"),
        (distinct.is_none(), "DISTINCT"),
        (select_modifiers.is_none(), "a modifier after SELECT"),
        (exclude.is_none(), "EXCLUDE"),
        (into.is_none(), "INTO"),
        (lateral_views.is_empty(), "LATERAL VIEW"),
        (prewhere.is_none(), "PREWHERE"),
        (connect_by.is_empty(), "CONNECT BY"),
        (
            matches!(group_by, GroupByExpr::Expressions(columns, modifiers) if columns.is_empty() && modifiers.is_empty()),
            "GROUP BY",
        ),
        (cluster_by.is_empty(), "CLUSTER BY"),
        (distribute_by.is_empty(), "DISTRIBUTE BY"),
        (sort_by.is_empty(), "SORT BY"),
        (having.is_none(), "HAVING"),
        (named_window.is_empty(), "WINDOW"),
        (qualify.is_none(), "QUALIFY"),
        (value_table_mode.is_none(), "SELECT AS"),
        (*flavor == SelectFlavor::Standard, "FROM before SELECT"),
    ])?;
    top.as_ref().map_or(Ok(()), check_top)?;
    check_projection(projection)?;
    check_from(from, spelling)?;
    selection.as_ref().map_or(Ok(()), |condition| check_expression(condition, Place::Condition))
}

fn check_top(Top { with_ties: _, percent, quantity }: &Top) -> Verdict {
    let counted = match quantity {
        Some(TopQuantity::Constant(_)) => true,
        Some(TopQuantity::Expr(rows)) => is_integer(rows),
        None => false,
    };
    if *percent || !counted { refuse("a `TOP` that is more than a number") } else { Ok(()) }
}

fn check_projection(items: &[SelectItem]) -> Verdict {
    if items.is_empty() {
        return refuse("no columns");
    }
    for item in items {
        match item {
            SelectItem::UnnamedExpr(value) => check_expression(value, Place::Value(&[]))?,
            SelectItem::ExprWithAlias { .. } | SelectItem::ExprWithAliases { .. } => {
                return refuse("a column with another name (`AS`)");
            }
            SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..) => return refuse("`*`"),
        }
    }
    Ok(())
}

fn check_from(tables: &[TableWithJoins], spelling: Spelling) -> Verdict {
    match tables {
        [] => Ok(()),
        [TableWithJoins { relation, joins }] => {
            check_table(relation, spelling)?;
            joins.iter().try_for_each(|join| check_join(join, spelling))
        }
        _ => refuse("several tables without `JOIN`"),
    }
}

fn check_order(order: &OrderByExpr) -> Verdict {
    let OrderByExpr { expr, options: OrderByOptions { asc: _, nulls_first }, with_fill } = order;
    absent(&[(nulls_first.is_none(), "NULLS FIRST"), (with_fill.is_none(), "WITH FILL")])?;
    match expr {
        Expr::Identifier(name) if is_name(name) => Ok(()),
        Expr::CompoundIdentifier(_) => check_expression(expr, Place::Value(&[])),
        other => refuse(format!("an order by something else than columns: {}", kind(other))),
    }
}

fn check_join(join: &Join, spelling: Spelling) -> Verdict {
    let Join { relation, global, join_operator } = join;
    absent(&[(!global, "GLOBAL")])?;
    check_table(relation, spelling)?;
    match join_operator {
        JoinOperator::Join(JoinConstraint::On(condition))
        | JoinOperator::Inner(JoinConstraint::On(condition)) => check_expression(condition, Place::Condition),
        other => refuse(format!("a join that is not `JOIN … ON …`: {}", kind(other))),
    }
}

fn check_table(table: &TableFactor, spelling: Spelling) -> Verdict {
    let TableFactor::Table {
        name,
        alias,
        args,
        with_hints,
        version,
        with_ordinality,
        partitions,
        json_path,
        sample,
        index_hints,
    } = table
    else {
        return refuse(format!("something in the place of a table: {}", kind(table)));
    };
    absent(&[
        (with_hints.is_empty(), "a hint for a table"),
        (version.is_none(), "FOR SYSTEM_TIME"),
        (!with_ordinality, "WITH ORDINALITY"),
        (partitions.is_empty(), "PARTITION"),
        (json_path.is_none(), "a path into a table"),
        (sample.is_none(), "TABLESAMPLE"),
        (index_hints.is_empty(), "a hint for an index"),
    ])?;
    if let Some(TableAlias { explicit, name, columns, at }) = alias {
        // Without `AS` and quotes, a word that the parser takes for a name may begin the next statement for
        // the server.
        let plain = *explicit && name.quote_style.is_some() && columns.is_empty() && at.is_none();
        absent(&[(plain, "a table with another name that is not `AS` and a name in quotes")])?;
    }
    match args {
        None => check_table_name(name),
        Some(TableFunctionArgs { args, settings: None }) if spelling == Spelling::Sqlite => {
            let known = word_of(name).is_some_and(|word| TABLE_FUNCTIONS.contains(&word));
            match args.as_slice() {
                [
                    FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Value(ValueWithSpan {
                        value: Value::Placeholder(_),
                        span: _,
                    }))),
                ] if known => Ok(()),
                _ => refuse("a function in the place of a table"),
            }
        }
        Some(_) => refuse("a function or a hint in the place of a table"),
    }
}

fn check_table_name(ObjectName(parts): &ObjectName) -> Verdict {
    if parts.is_empty() || parts.len() > 2 {
        return refuse(format!("a table's name of {} parts", parts.len()));
    }
    for part in parts {
        match part {
            ObjectNamePart::Identifier(name)
                if is_name(name) && !name.value.trim().to_ascii_lowercase().starts_with("pragma_") => {}
            _ => return refuse("something in the place of a table's name"),
        }
    }
    Ok(())
}

/// The place of an expression. It decides what the expression may be.
#[derive(Clone, Copy)]
enum Place {
    Condition,
    /// A value, which may be one of these texts.
    Value(&'static [&'static str]),
}

/// Expressions that are still to be checked, each with its place.
type Todo<'a> = Vec<(&'a Expr, Place)>;

/// Checks an expression without recursion, because a long chain of `OR` is as deep as it is long.
fn check_expression(expression: &Expr, place: Place) -> Verdict {
    let mut todo = vec![(expression, place)];
    while let Some((expression, place)) = todo.pop() {
        match (place, expression) {
            (_, Expr::Nested(inner)) => todo.push((inner, place)),
            (Place::Condition, condition) => check_condition(condition, &mut todo)?,
            (Place::Value(strings), value) => check_value(value, strings, &mut todo)?,
        }
    }
    Ok(())
}

/// Checks the outermost node of a condition, and adds what lies below it to `todo`.
fn check_condition<'a>(condition: &'a Expr, todo: &mut Todo<'a>) -> Verdict {
    match condition {
        Expr::BinaryOp { left, op: BinaryOperator::And | BinaryOperator::Or, right } => {
            todo.extend([(left.as_ref(), Place::Condition), (right.as_ref(), Place::Condition)]);
        }
        Expr::UnaryOp { op: UnaryOperator::Not, expr } => todo.push((expr, Place::Condition)),
        Expr::BinaryOp { left, op, right } if is_comparison(op) => {
            todo.extend([(left.as_ref(), Place::Value(&[])), (right.as_ref(), Place::Value(&[]))]);
        }
        Expr::IsNull(value) | Expr::IsNotNull(value) => todo.push((value, Place::Value(&[]))),
        other => return refuse(format!("something in the place of a condition: {}", kind(other))),
    }
    Ok(())
}

/// Checks the outermost node of a value, and adds what lies below it to `todo`. The value may be one of these
/// texts.
fn check_value<'a>(value: &'a Expr, strings: &[&str], todo: &mut Todo<'a>) -> Verdict {
    match value {
        Expr::Identifier(name) if is_name(name) || is_parameter(name) => {}
        Expr::CompoundIdentifier(parts) if parts.len() == 2 && parts.iter().all(is_name) => {}
        Expr::Value(ValueWithSpan { value, span: _ }) => match value {
            Value::Number(_, false) | Value::Placeholder(_) => {}
            Value::SingleQuotedString(text) | Value::NationalStringLiteral(text)
                if strings.contains(&text.as_str()) => {}
            other => return refuse(format!("{other} where it does not belong")),
        },
        Expr::Cast { kind: CastKind::Cast, expr, data_type, array: false, format: None } => {
            check_type(data_type)?;
            todo.push((expr, Place::Value(&[])));
        }
        Expr::Substring {
            expr,
            substring_from: Some(from),
            substring_for,
            special: true,
            shorthand: true,
        } => {
            let bounds = std::iter::once(from).chain(substring_for).map(Box::as_ref);
            todo.extend(std::iter::once(expr.as_ref()).chain(bounds).map(|value| (value, Place::Value(&[]))));
        }
        Expr::Function(function) => {
            let (allowed, arguments) = check_call(function)?;
            todo.extend(arguments.into_iter().map(|argument| (argument, Place::Value(allowed.strings))));
        }
        other => return refuse(format!("something in the place of a value: {}", kind(other))),
    }
    Ok(())
}

/// The function that is called, if it may be, and the arguments of the call.
fn check_call(call: &Function) -> Result<(&'static Allowed, Vec<&Expr>), String> {
    let Function { name, uses_odbc_syntax, parameters, args, filter, null_treatment, over, within_group } =
        call;
    let called = word_of(name)
        .and_then(|word| FUNCTIONS.iter().find(|allowed| allowed.name.eq_ignore_ascii_case(word)));
    let Some(allowed) = called else { return Err(format!("the function `{name}`")) };
    absent(&[
        (!uses_odbc_syntax, "fn"),
        (*parameters == FunctionArguments::None, "two lists of arguments"),
        (filter.is_none(), "FILTER"),
        (null_treatment.is_none(), "IGNORE NULLS"),
        (over.is_none(), "OVER"),
        (within_group.is_empty(), "WITHIN GROUP"),
    ])?;
    let FunctionArguments::List(FunctionArgumentList { duplicate_treatment: None, args, clauses }) = args
    else {
        return Err(format!("`{}` with something else than arguments", allowed.name));
    };
    let values = args.iter().map(|argument| match argument {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(value)) => Some(value),
        _ => None,
    });
    match values.collect::<Option<Vec<_>>>() {
        Some(values) if clauses.is_empty() && values.len() == allowed.arguments => Ok((allowed, values)),
        _ => Err(format!("`{}` with other arguments than {} values", allowed.name, allowed.arguments)),
    }
}

/// Accepts the name of an allowed type, with lengths in brackets.
fn check_type(data_type: &DataType) -> Verdict {
    let text = data_type.to_string().to_ascii_lowercase();
    let (name, lengths) = text
        .split_once('(')
        .map_or((text.as_str(), "max"), |(name, rest)| (name, rest.strip_suffix(')').unwrap_or("?")));
    let counted = lengths == "max" || lengths.split(',').all(|length| length.trim().parse::<u16>().is_ok());
    if TYPES.contains(&name) && counted { Ok(()) } else { refuse(format!("the type `{data_type}`")) }
}

const fn is_comparison(operator: &BinaryOperator) -> bool {
    use BinaryOperator::{Eq, Gt, GtEq, Lt, LtEq, NotEq};
    matches!(operator, Eq | NotEq | Lt | LtEq | Gt | GtEq)
}

const fn is_integer(expression: &Expr) -> bool {
    matches!(expression, Expr::Value(ValueWithSpan { value: Value::Number(_, false), span: _ }))
}

/// Whether this is the name of something in the database. The parser also takes words of SQL for names where
/// the databases do not.
fn is_name(Ident { value, quote_style, span: _ }: &Ident) -> bool {
    let is_keyword = || ALL_KEYWORDS.binary_search(&value.to_ascii_uppercase().as_str()).is_ok();
    quote_style.is_some() || !(value.is_empty() || value.starts_with('@') || is_keyword())
}

fn is_parameter(Ident { value, quote_style, span: _ }: &Ident) -> bool {
    quote_style.is_none() && value.starts_with('@')
}

/// The word that a name is, if it has no dots and no quotes.
fn word_of(ObjectName(parts): &ObjectName) -> Option<&str> {
    match parts.as_slice() {
        [ObjectNamePart::Identifier(Ident { value, quote_style: None, span: _ })] => Some(value),
        _ => None,
    }
}

/// Refuses the first of these clauses that is there. Each comes with whether it is absent.
fn absent(clauses: &[(bool, &str)]) -> Verdict {
    clauses.iter().find(|(absent, _)| !absent).map_or(Ok(()), |(_, clause)| refuse(format!("`{clause}`")))
}

fn refuse(found: impl Into<String>) -> Verdict {
    Err(found.into())
}

/// The kind of a node: the first word of its Debug text. The rest, which may be deep, is not printed.
fn kind(node: &impl fmt::Debug) -> String {
    struct FirstWord(String);
    impl fmt::Write for FirstWord {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            let word = text.find(|c: char| !c.is_alphanumeric()).map_or(text, |end| &text[..end]);
            self.0.push_str(word);
            if word.len() < text.len() { Err(fmt::Error) } else { Ok(()) }
        }
    }
    let mut first = FirstWord(String::new());
    // The error only means that there was more than a word.
    let _ = write!(first, "{node:?}");
    format!("`{}`", first.0)
}
