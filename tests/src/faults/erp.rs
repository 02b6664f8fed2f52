//! A SQLite ERP whose calls a test can strike. The ERP is real: the blows fall between its answers and the
//! extractor.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use extractor_function::source::{Connect, Erp, ErpError, Page, Select, Sqlite, Table};
use warehouse::sources::Source;

use super::fate::{Blow, Call, Fate, Operation};

/// Connects to the SQLite ERP in the file `path`. Every call first asks the fate what becomes of it.
#[derive(Clone, Debug)]
pub struct FaultyConnect {
    pub path: PathBuf,
    pub fate: Arc<dyn Fate>,
}

#[derive(Debug)]
struct FaultyErp {
    inner: Sqlite,
    fate: Arc<dyn Fate>,
}

#[async_trait]
impl Connect for FaultyConnect {
    async fn connect(&self) -> Result<Box<dyn Erp>, ErpError> {
        match self.fate.of(&Call { operation: Operation::Connect, subject: String::new() }).await {
            Blow::ErpFails(failure) => Err(failure.of("any")),
            _ => Ok(Box::new(FaultyErp {
                inner: Sqlite::open(&self.path, chrono_tz::Tz::Europe__London).await?,
                fate: Arc::clone(&self.fate),
            })),
        }
    }
}

#[async_trait]
impl Erp for FaultyErp {
    async fn table(&self, source: &'static Source) -> Result<Option<Table>, ErpError> {
        match self.fate.of(&Call { operation: Operation::Table, subject: source.table.to_owned() }).await {
            Blow::ErpFails(failure) => Err(failure.of(source.table)),
            _ => self.inner.table(source).await,
        }
    }

    async fn page(&self, table: &Table, select: &Select) -> Result<Page, ErpError> {
        match self
            .fate
            .of(&Call { operation: Operation::Page, subject: select.source.table.to_owned() })
            .await
        {
            Blow::ErpFails(failure) => Err(failure.of(select.source.table)),
            Blow::Cut(rows) => {
                let page = self.inner.page(table, select).await?;
                // Without an order there is no place at which a second page could go on.
                let cut = rows < page.rows.len() && !select.order.is_empty();
                Ok(if cut {
                    Page { rows: page.rows.into_iter().take(rows.max(1)).collect(), cut: true }
                } else {
                    page
                })
            }
            _ => self.inner.page(table, select).await,
        }
    }
}
