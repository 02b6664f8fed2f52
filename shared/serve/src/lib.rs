//! What every query function shares. A function itself is only its routes and what it reads.
//!
//! - [`State`]: the lake, its cached manifest and mart parts, the factory's clock
//! - [`Snapshot`]: one version of all marts, and the age of what was read of them
//! - [`Routes`]: endpoints with what answers them
//! - [`Ask`]: a request with its parameters; [`Answer`]: JSON, CSV or a workbook with its headers, no larger
//!   than [`ANSWER_MAX_BYTES`]; [`Error`]: what else may happen
//! - [`window`]: which days and hours a question covers
//! - [`finish`]: makes an app of routes, with problems, ETags, CORS and logs
//! - [`lambda`]: the app as a Lambda function
//!
//! The crate knows how to read marts and how to speak HTTP. It knows no endpoint.

mod accept;
mod answer;
mod ask;
mod error;
mod filter;
mod finish;
pub mod lambda;
mod latest;
mod list;
mod made;
mod page;
mod parts;
mod payload;
mod query_text;
mod routes;
mod settings;
mod snapshot;
mod state;
pub mod window;
mod work;
mod workbook;

pub use answer::Answer;
pub use ask::Ask;
pub use error::{Error, Result};
pub use filter::{day, is_asked_for, is_line_asked_for, picked};
pub use finish::{KnownOrigin, RequestId, finish, finish_with_page};
pub use page::Key;
pub use payload::ANSWER_MAX_BYTES;
pub use routes::Routes;
pub use settings::Settings;
pub use snapshot::Snapshot;
pub use state::{Clock, State};
pub use work::work;
