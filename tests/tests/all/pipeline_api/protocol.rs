//! Requests that ask wrongly, or that come from where they may not.

use chrono::Utc;
use reqwest::Method;

use super::{Api, DASHBOARD, Reply, factory};

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_is_asked_for_wrongly_is_refused_and_starts_nothing() {
    let factory = factory().await;
    let api = Api::over(&factory).await;
    for (query, parameter) in [
        ("?full=true&reconcile=true", "reconcile"),
        ("?full=yes", "full"),
        ("?reconcile=1", "reconcile"),
        ("?mode=full", "mode"),
        ("?full=true&full=true", "full"),
    ] {
        let refused = api.post(&format!("/pipeline/run{query}")).await;
        refused.assert_problem(422, &format!("parameter `{parameter}`"));
        assert_eq!(refused.json()["parameter"], parameter);
    }
    for (method, path, allow) in [
        (Method::GET, "/pipeline/run", "POST"),
        (Method::DELETE, "/api/pipeline/run", "POST"),
        (Method::POST, "/pipeline/runs", "GET,HEAD"),
        (Method::PUT, "/pipeline/rejected", "GET,HEAD"),
    ] {
        let refused = Reply::of(api.request(method, path).send().await.unwrap()).await;
        refused.assert_problem(405, "this path takes");
        assert_eq!(refused.header("allow"), Some(allow), "{path}");
    }
    for id in ["x", "..%2Fmanifest", "%F0%9F%90%9F", "running", &"7".repeat(10_000)] {
        api.get(&format!("/pipeline/runs/{id}")).await.assert_problem(404, "there is no run `");
    }
    api.get("/pipeline/runs?limit=0").await.assert_problem(422, "parameter `limit`");
    api.get("/pipeline/runs?after=x").await.assert_problem(422, "parameter `after`");
    assert_eq!(api.list("/pipeline/runs").await.len(), 0);
    assert_eq!(api.lake.living_job(Utc::now(), "").await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_is_taken_and_left_unread_and_the_answer_lies_under_the_path_that_was_asked() {
    let factory = factory().await;
    let api = Api::over(&factory).await;
    let body = serde_json::json!({"full": true, "padding": "x".repeat(100_000)});
    let started = Reply::of(
        api.request(Method::POST, "/api/pipeline/run?full=false").json(&body).send().await.unwrap(),
    )
    .await;
    assert_eq!((started.status, &started.json()["mode"]), (202, &"incremental".into()), "{}", started.text);
    let job_id = started.json()["job_id"].as_str().unwrap().to_owned();
    let location = started.header("location").unwrap();
    assert_eq!(location, format!("/api/pipeline/runs/{job_id}"));
    assert_eq!(api.get(location).await.json()["job_id"], job_id.as_str());
    api.ended(&job_id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_dashboard_s_pages_may_start_a_job_from_a_browser() {
    let factory = factory().await;
    let api = Api::over(&factory).await;
    let post = async |origin: &str, site: &str| {
        Reply::of(
            api.request(Method::POST, "/pipeline/run")
                .header("origin", origin)
                .header("sec-fetch-site", site)
                .send()
                .await
                .unwrap(),
        )
        .await
    };
    let by_origin_alone =
        |origin: &str| api.request(Method::POST, "/pipeline/run").header("origin", origin).send();
    for foreign in [
        post("https://evil.example.com", "cross-site").await,
        Reply::of(by_origin_alone("http://evil.example.com").await.unwrap()).await,
        Reply::of(by_origin_alone("null").await.unwrap()).await,
    ] {
        foreign.assert_problem(403, "only the dashboard");
        assert_eq!(foreign.header("access-control-allow-origin"), None);
    }
    assert_eq!(api.list("/pipeline/runs").await.len(), 0);

    let preflight = async |origin: &str| {
        let asked = api
            .request(Method::OPTIONS, "/pipeline/run")
            .header("origin", origin)
            .header("access-control-request-method", "POST");
        Reply::of(asked.send().await.unwrap()).await
    };
    let allowed = preflight(DASHBOARD).await;
    assert_eq!((allowed.status, allowed.header("access-control-allow-origin")), (200, Some(DASHBOARD)));
    assert!(allowed.header("access-control-allow-methods").unwrap().contains("POST"));
    assert_eq!(preflight("https://evil.example.com").await.header("access-control-allow-origin"), None);

    let started = post(DASHBOARD, "cross-site").await;
    assert_eq!((started.status, started.header("access-control-allow-origin")), (202, Some(DASHBOARD)));
    assert!(started.header("access-control-expose-headers").unwrap().contains("location"));
    api.ended(started.json()["job_id"].as_str().unwrap()).await;
    let same = post(&api.url, "same-origin").await;
    assert_eq!(same.status, 202, "{}", same.text);
    api.ended(same.json()["job_id"].as_str().unwrap()).await;
    let same = Reply::of(by_origin_alone(&api.url).await.unwrap()).await;
    assert_eq!(same.status, 202, "{}", same.text);
    api.ended(same.json()["job_id"].as_str().unwrap()).await;
}
