//! The whole set-up in order: it looks at the server, makes the database, loads every row, and makes the
//! login that reads them.

use warehouse::sources::Source;

use crate::DATABASE;
use crate::erp::{Erp, ErpError, Survey, add_values};
use crate::login::login_batches;
use crate::schema::{SCHEMA_SQL, Schema, SchemaError, Table};
use crate::secret::ReaderPassword;
use crate::server::{Server, ServerError};
use crate::statements::{create_key_index, create_table, insert, rows_per_insert};

/// Lists the databases that are not the server's own. Those are the first four. The query says `name` and not
/// `[name]`, because every server understands that.
const OTHER_DATABASES: &str = "SELECT name FROM sys.databases WHERE database_id > 4 ORDER BY name";

/// What to do with a sandbox that is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// Leave it as it is, and do nothing.
    Keep,
    /// Make it again.
    Replace,
}

/// How far a set-up has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The table that is being loaded.
    pub table: &'static str,
    /// How many of its rows the server has.
    pub rows: u64,
    /// How many rows it has in all.
    pub of: u64,
}

/// What was loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// Each table with its number of rows.
    pub rows: Vec<(&'static str, u64)>,
    /// The columns whose values do not all fit into their type in `schema.sql`, each with the type that it
    /// has instead.
    pub widened: Vec<String>,
}

/// Why the sandbox was not set up.
#[derive(Debug, thiserror::Error)]
pub enum SetUpError {
    #[error("this server holds other databases (`{}`): it is not a sandbox, and nothing was changed; use the container of infra/sandbox", .0.join("`, `"))]
    NotASandbox(Vec<String>),
    #[error("`{DATABASE}` is there already: add --fresh to make it again")]
    Exists,
    #[error(transparent)]
    Schema(#[from] SchemaError),
    #[error(transparent)]
    Erp(#[from] ErpError),
    #[error(transparent)]
    Server(#[from] ServerError),
    #[error(
        "the server took {taken} of {sent} rows of `{table}`: look at its log, and run this again with --fresh"
    )]
    RowsLost {
        table: &'static str,
        sent: u64,
        /// How many rows the server says it wrote.
        taken: u64,
    },
}

/// Sets up the sandbox on a server.
pub async fn set_up(
    server: &mut impl Server,
    erp: &Erp,
    reader: &ReaderPassword,
    existing: Existing,
    mut tell: impl FnMut(Progress),
) -> Result<Loaded, SetUpError> {
    let schema = Schema::read(SCHEMA_SQL)?;
    make_database(server, existing).await?;
    for batch in &schema.before_tables {
        server.run(batch).await?;
    }
    let mut loaded = Loaded { rows: Vec::new(), widened: Vec::new() };
    for table in &schema.tables {
        load(server, erp, table, &mut loaded, &mut tell).await?;
    }
    for batch in login_batches(reader) {
        // A server may repeat a statement that it did not understand, and with it the password.
        server.run(&batch).await.map_err(|error| error.without(reader.expose()))?;
    }
    Ok(loaded)
}

async fn make_database(server: &mut impl Server, existing: Existing) -> Result<(), SetUpError> {
    let (ours, others): (Vec<_>, Vec<_>) =
        server.texts(OTHER_DATABASES).await?.into_iter().partition(|name| name == DATABASE);
    // A port of this machine may lead to a real ERP through a tunnel, or to a developer's own server. Neither
    // may be changed.
    if !others.is_empty() {
        return Err(SetUpError::NotASandbox(others));
    }
    match (ours.is_empty(), existing) {
        (true, _) => {}
        (false, Existing::Keep) => return Err(SetUpError::Exists),
        (false, Existing::Replace) => {
            server
                .run(&format!("ALTER DATABASE [{DATABASE}] SET SINGLE_USER WITH ROLLBACK IMMEDIATE;"))
                .await?;
            server.run(&format!("DROP DATABASE [{DATABASE}];")).await?;
        }
    }
    server.run(&format!("CREATE DATABASE [{DATABASE}];")).await?;
    // Nobody restores a sandbox from a log, so simple recovery will do. Readers see the last committed rows
    // without waiting for writers.
    server.run(&format!("ALTER DATABASE [{DATABASE}] SET RECOVERY SIMPLE;")).await?;
    server.run(&format!("ALTER DATABASE [{DATABASE}] SET READ_COMMITTED_SNAPSHOT ON;")).await?;
    Ok(server.run(&format!("USE [{DATABASE}];")).await?)
}

/// Makes a table, fills it, and then makes its indexes. That is faster than keeping indexes up to date while
/// the table is filled.
async fn load(
    server: &mut impl Server,
    erp: &Erp,
    table: &Table,
    loaded: &mut Loaded,
    tell: &mut impl FnMut(Progress),
) -> Result<(), SetUpError> {
    let source = table.source;
    let survey = erp.survey(table)?;
    tell(Progress { table: source.table, rows: 0, of: survey.rows });
    server.run(&create_table(source, &survey.types)).await?;
    let rows = fill(server, erp, source, &survey, tell).await?;
    server.run(&create_key_index(source)).await?;
    for index in &table.indexes {
        server.run(index).await?;
    }
    loaded.rows.push((source.table, rows));
    let columns = source.columns.iter().zip(table.types.iter().zip(&survey.types));
    let widened = columns.filter(|(_, (declared, sql_type))| declared != sql_type);
    loaded.widened.extend(
        widened.map(|(column, (_, sql_type))| format!("{}.{} {sql_type}", source.table, column.source)),
    );
    Ok(())
}

/// Sends all rows of a table, many at once. Returns how many they are.
async fn fill(
    server: &mut impl Server,
    erp: &Erp,
    source: &Source,
    survey: &Survey,
    tell: &mut impl FnMut(Progress),
) -> Result<u64, SetUpError> {
    let rows_at_once = rows_per_insert(source);
    let whole = insert(source, &survey.types, rows_at_once);
    let mut select = erp.select(source)?;
    let mut rows = select.query([]).map_err(ErpError::from)?;
    let (mut sent, mut taken) = (0, 0);
    loop {
        let (mut values, mut count) = (Vec::with_capacity(rows_at_once * survey.types.len()), 0);
        while count < rows_at_once
            && let Some(row) = rows.next().map_err(ErpError::from)?
        {
            add_values(source, row, &survey.types, &mut values)?;
            count += 1;
        }
        if count == 0 {
            break;
        }
        taken += if count == rows_at_once {
            server.insert(&whole, &values).await?
        } else {
            server.insert(&insert(source, &survey.types, count), &values).await?
        };
        sent += count as u64;
        tell(Progress { table: source.table, rows: sent, of: survey.rows });
    }
    if taken == sent { Ok(sent) } else { Err(SetUpError::RowsLost { table: source.table, sent, taken }) }
}
