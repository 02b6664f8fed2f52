//! The endpoints of a function, each with what answers it.

use api::{Described, Endpoint, Operation, Query};
use axum::Router;
use axum::extract::State as Extract;
use axum::handler::Handler;
use axum::routing::{MethodRouter, any, get, post};

use crate::{Answer, Ask, Result, State};

/// The endpoints of a function. [`finish`](crate::finish) makes an app of them.
#[derive(Clone, Debug, Default)]
pub struct Routes {
    router: Router<State>,
    operations: Vec<Operation>,
    others: Vec<&'static str>,
}

impl Routes {
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an endpoint and the function that answers it. Its types make sure that the function takes the
    /// endpoint's parameters and answers what the endpoint declares.
    pub fn get<Q, A, F, Answering>(self, endpoint: &Endpoint<Q, A>, answer: F) -> Self
    where
        Q: Query + Send + 'static,
        A: Described + 'static,
        F: Fn(State, Ask<Q, A>) -> Answering + Clone + Send + Sync + 'static,
        Answering: Future<Output = Result<Answer>> + Send,
    {
        let handler =
            get(async move |Extract(state): Extract<State>, ask: Ask<Q, A>| answer(state, ask).await);
        self.with(endpoint, handler)
    }

    /// Adds an endpoint that starts something. Its handler may need more of the request than the parameters.
    pub fn post<Q, A, T: 'static>(self, endpoint: &Endpoint<Q, A>, answer: impl Handler<T, State>) -> Self {
        self.with(endpoint, post(answer))
    }

    fn with<Q, A>(mut self, endpoint: &Endpoint<Q, A>, handler: MethodRouter<State>) -> Self {
        self.router = self.router.route(&as_routed(endpoint.path()), handler);
        self.operations.push(endpoint.operation());
        self
    }

    /// Adds a handler for all other paths of a form, such as `/reports/{name}`.
    pub fn others<T: 'static>(mut self, path: &'static str, answer: impl Handler<T, State>) -> Self {
        self.router = self.router.route(path, any(answer));
        self.others.push(path);
        self
    }

    pub fn merge(mut self, other: Self) -> Self {
        self.router = self.router.merge(other.router);
        self.operations.extend(other.operations);
        self.others.extend(other.others);
        self
    }

    /// The endpoints, in the order in which they were added.
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// The paths that a gateway has to route to this function. Endpoints whose paths are of a form of
    /// [`Routes::others`] are covered by that form.
    pub fn paths(&self) -> Vec<&'static str> {
        let mut paths: Vec<&'static str> = Vec::new();
        for operation in &self.operations {
            let form = self.others.iter().copied().find(|form| is_of(operation.path, form));
            let path = form.unwrap_or(operation.path);
            if !paths.contains(&path) {
                paths.push(path);
            }
        }
        paths
    }
}

/// An endpoint's path as the router takes it. The value at its end may hold slashes. API Gateway hands an
/// encoded slash on as a plain one, so that the two cannot be told apart there. Hence they mean the same
/// everywhere.
fn as_routed(path: &str) -> String {
    match path.rsplit_once("/{") {
        Some((before, value)) if value.ends_with('}') => format!("{before}/{{*{value}"),
        _ => path.to_owned(),
    }
}

/// Whether a path is of a form. A `{name}` in the form stands for anything between two slashes.
fn is_of(path: &str, form: &str) -> bool {
    let (path, form): (Vec<_>, Vec<_>) = (path.split('/').collect(), form.split('/').collect());
    path.len() == form.len()
        && path.iter().zip(&form).all(|(segment, of_form)| segment == of_form || of_form.starts_with('{'))
}

impl From<Routes> for Router<State> {
    fn from(routes: Routes) -> Self {
        routes.router
    }
}

#[cfg(test)]
mod tests {
    use super::as_routed;

    #[test]
    fn the_value_at_the_end_of_a_path_may_hold_slashes() {
        assert_eq!(as_routed("/pipeline/runs/{job_id}"), "/pipeline/runs/{*job_id}");
        assert_eq!(as_routed("/runs/active"), "/runs/active");
        assert_eq!(as_routed("/a/{b}/c"), "/a/{b}/c");
    }
}
