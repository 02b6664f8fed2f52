//! Parses statements. Only a single plain SELECT passes, and only if the endpoint can answer all of it.

use sqlparser::ast::{
    Expr, GroupByExpr, JoinConstraint, JoinOperator, ObjectName, OrderByExpr, OrderByKind, Query, Select,
    SelectItem, SetExpr, Statement, TableFactor, Top, TopQuantity,
};
use sqlparser::dialect::MsSqlDialect;
use sqlparser::parser::Parser;

use super::error::ServerError;

/// A SELECT, reduced to the parts that the endpoint can answer.
#[derive(Debug)]
pub(super) struct Plain {
    /// `TOP`, and whether it is `WITH TIES`.
    pub(super) top: Option<(Expr, bool)>,
    /// The select list, with the names of its columns.
    pub(super) items: Vec<(Expr, String)>,
    /// The tables in order. Each has the condition that joins it to the tables before it.
    pub(super) tables: Vec<(Named, Option<Expr>)>,
    /// `WHERE`.
    pub(super) condition: Option<Expr>,
    /// `ORDER BY`, and whether each expression is descending.
    pub(super) order: Vec<(Expr, bool)>,
}

/// The name of a table in a statement.
#[derive(Debug)]
pub(super) struct Named {
    /// The schema. `dbo` if the statement names none.
    pub(super) schema: String,
    pub(super) name: String,
    /// The name that the statement gives the table.
    pub(super) alias: String,
}

/// Parses a text, or says why it is refused.
pub(super) fn read(text: &str) -> Result<Plain, ServerError> {
    let begins_with_select =
        text.trim_start().get(..6).is_some_and(|word| word.eq_ignore_ascii_case("select"));
    let statements = Parser::parse_sql(&MsSqlDialect {}, text).map_err(|error| {
        if begins_with_select {
            ServerError::new(102, 15, format!("Incorrect syntax: {error}"))
        } else {
            ServerError::only_select()
        }
    })?;
    let [Statement::Query(query)] = statements.as_slice() else { return Err(ServerError::only_select()) };
    let SetExpr::Select(select) = query.body.as_ref() else { return Err(ServerError::only_select()) };
    if select.into.is_some() {
        return Err(ServerError::new(
            262,
            14,
            format!("CREATE TABLE permission denied in database '{}'.", super::DATABASE),
        ));
    }
    plain(query, select)
}

fn plain(query: &Query, select: &Select) -> Result<Plain, ServerError> {
    refuse_what_is_not_done(query, select)?;
    let top = select.top.as_ref().map(|top| first_rows(top, query)).transpose()?;
    let order = match query.order_by.as_ref().map(|order| &order.kind) {
        None => Vec::new(),
        Some(OrderByKind::Expressions(by)) => by.iter().map(by_column).collect::<Result<_, _>>()?,
        Some(OrderByKind::All(_)) => return Err(ServerError::not_done("ORDER BY ALL")),
    };
    Ok(Plain {
        top,
        items: select.projection.iter().map(item).collect::<Result<_, _>>()?,
        tables: tables(select)?,
        condition: select.selection.clone(),
        order,
    })
}

/// Refuses the clauses of a SELECT that the endpoint cannot answer.
fn refuse_what_is_not_done(query: &Query, select: &Select) -> Result<(), ServerError> {
    let only = |ok: bool, what: &str| if ok { Ok(()) } else { Err(ServerError::not_done(what)) };
    only(query.with.is_none(), "WITH")?;
    only(query.fetch.is_none() && query.limit_clause.is_none(), "OFFSET and FETCH")?;
    only(query.locks.is_empty() && query.for_clause.is_none(), "FOR")?;
    only(
        query.settings.is_none() && query.format_clause.is_none() && query.pipe_operators.is_empty(),
        "settings of a query",
    )?;
    only(select.distinct.is_none(), "DISTINCT")?;
    only(
        matches!(&select.group_by, GroupByExpr::Expressions(by, with) if by.is_empty() && with.is_empty()),
        "GROUP BY",
    )?;
    only(
        select.having.is_none() && select.named_window.is_empty() && select.qualify.is_none(),
        "HAVING and windows",
    )?;
    only(
        select.exclude.is_none() && select.lateral_views.is_empty() && select.prewhere.is_none(),
        "other dialects",
    )?;
    only(
        select.connect_by.is_empty()
            && select.cluster_by.is_empty()
            && select.distribute_by.is_empty()
            && select.sort_by.is_empty(),
        "other dialects",
    )
}

/// How many rows `TOP` takes, and whether it is `WITH TIES`.
fn first_rows(top: &Top, query: &Query) -> Result<(Expr, bool), ServerError> {
    if top.percent {
        return Err(ServerError::not_done("TOP … PERCENT"));
    }
    if top.with_ties && query.order_by.is_none() {
        return Err(ServerError::new(
            1062,
            15,
            "The TOP N WITH TIES clause is not allowed without a corresponding ORDER BY clause.",
        ));
    }
    let quantity = match &top.quantity {
        None => return Err(ServerError::new(102, 15, "Incorrect syntax near 'TOP'.")),
        Some(TopQuantity::Expr(expr)) => expr.clone(),
        Some(TopQuantity::Constant(number)) => {
            Expr::value(sqlparser::ast::Value::Number(number.to_string(), false))
        }
    };
    Ok((quantity, top.with_ties))
}

fn by_column(by: &OrderByExpr) -> Result<(Expr, bool), ServerError> {
    if by.options.nulls_first.is_some() || by.with_fill.is_some() {
        return Err(ServerError::not_done("NULLS FIRST"));
    }
    Ok((by.expr.clone(), by.options.asc == Some(false)))
}

fn item(item: &SelectItem) -> Result<(Expr, String), ServerError> {
    match item {
        SelectItem::UnnamedExpr(expr) => {
            let name = match expr {
                Expr::Identifier(name) => name.value.clone(),
                Expr::CompoundIdentifier(names) => {
                    names.last().map(|name| name.value.clone()).unwrap_or_default()
                }
                _ => String::new(),
            };
            Ok((expr.clone(), name))
        }
        SelectItem::ExprWithAlias { expr, alias } => Ok((expr.clone(), alias.value.clone())),
        _ => Err(ServerError::not_done("* in a select list")),
    }
}

fn tables(select: &Select) -> Result<Vec<(Named, Option<Expr>)>, ServerError> {
    let mut tables = Vec::new();
    for from in &select.from {
        tables.push((named(&from.relation)?, None));
        for join in &from.joins {
            let (JoinOperator::Join(JoinConstraint::On(on)) | JoinOperator::Inner(JoinConstraint::On(on))) =
                &join.join_operator
            else {
                return Err(ServerError::not_done("any join but JOIN … ON"));
            };
            tables.push((named(&join.relation)?, Some(on.clone())));
        }
    }
    Ok(tables)
}

fn named(factor: &TableFactor) -> Result<Named, ServerError> {
    let TableFactor::Table {
        name,
        alias,
        args: None,
        with_hints,
        version: None,
        sample: None,
        json_path: None,
        ..
    } = factor
    else {
        return Err(ServerError::not_done("anything but tables in FROM"));
    };
    if !with_hints.is_empty() {
        return Err(ServerError::not_done("table hints"));
    }
    let parts = parts(name)?;
    let (schema, table) = match parts.as_slice() {
        [table] => ("dbo".to_owned(), table.clone()),
        [schema, table] => (schema.clone(), table.clone()),
        [database, schema, table] if database.eq_ignore_ascii_case(super::DATABASE) => {
            (schema.clone(), table.clone())
        }
        _ => return Err(ServerError::no_object(&parts.join("."))),
    };
    Ok(Named {
        schema,
        alias: alias.as_ref().map_or_else(|| table.clone(), |alias| alias.name.value.clone()),
        name: table,
    })
}

/// The parts of a dotted name.
pub(super) fn parts(name: &ObjectName) -> Result<Vec<String>, ServerError> {
    let part = |part: &sqlparser::ast::ObjectNamePart| part.as_ident().map(|ident| ident.value.clone());
    name.0.iter().map(part).collect::<Option<_>>().ok_or_else(|| ServerError::not_done("computed names"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_no_single_select_is_refused_before_it_is_run() {
        for text in [
            "INSERT INTO dbo.RunNumber (RunNumber) VALUES ('1')",
            "DELETE FROM dbo.RunNumber",
            "UPDATE dbo.RunNumber SET Active = 0",
            "SELECT 1; SELECT 2",
            "SELECT 1; DROP TABLE dbo.RunNumber",
            "SELECT 1 DROP TABLE dbo.RunNumber",
            "EXEC sp_who",
            "EXECUTE sp_who",
            "WAITFOR DELAY '00:00:05'",
            "TRUNCATE TABLE dbo.RunNumber",
            "DROP TABLE dbo.RunNumber",
            "MERGE dbo.RunNumber AS t USING dbo.RunNumber AS s ON 1 = 1 WHEN MATCHED THEN DELETE;",
            "GRANT SELECT ON dbo.RunNumber TO public",
            "SELECT 1 UNION SELECT 2",
            "BEGIN TRANSACTION",
            "sp_who",
            "",
        ] {
            let error = read(text).expect_err(text);
            assert!(matches!(error.number, 229 | 102), "{text}: {error:?}");
        }
        assert_eq!(read("SELECT RunNumber INTO dbo.Copy FROM dbo.RunNumber").unwrap_err().number, 262);
    }

    #[test]
    fn what_the_endpoint_does_not_do_is_said() {
        for text in [
            "SELECT * FROM dbo.RunNumber",
            "SELECT RunNumber FROM dbo.RunNumber WITH (NOLOCK)",
            "SELECT DISTINCT RunNumber FROM dbo.RunNumber",
            "SELECT RunNumber FROM dbo.RunNumber GROUP BY RunNumber",
            "SELECT a.RunNumber FROM dbo.RunNumber a LEFT JOIN dbo.RunNumber b ON 1 = 1",
            "SELECT TOP (5) PERCENT RunNumber FROM dbo.RunNumber",
            "WITH a AS (SELECT 1 AS n) SELECT n FROM a",
            "SELECT x.n FROM (SELECT 1 AS n) AS x",
            "SELECT c FROM OPENROWSET('SQLNCLI', 'x', 'SELECT 1')",
        ] {
            let error = read(text).expect_err(text);
            assert_eq!(error.number, 50_000, "{text}: {error:?}");
        }
    }

    #[test]
    fn a_page_of_a_table_is_understood() {
        let plain =
            read("SELECT TOP (5000) WITH TIES [TransNo] FROM [dbo].[SI_OCM_TRANS] WHERE [TransNo] > @P1 ORDER BY [TransDate], [TransNo] DESC;")
                .unwrap();
        assert!(plain.top.is_some_and(|(_, ties)| ties));
        assert_eq!(
            (plain.tables[0].0.schema.as_str(), plain.tables[0].0.name.as_str()),
            ("dbo", "SI_OCM_TRANS")
        );
        assert_eq!(plain.order.iter().map(|(_, descending)| *descending).collect::<Vec<_>>(), [false, true]);
    }
}
