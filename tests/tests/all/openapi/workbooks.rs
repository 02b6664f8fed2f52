//! The workbook of every list, opened by a library that is not ours and compared with the list's JSON.

use std::fs;
use std::process::Command;

use api::operation::XLSX;
use api::{Shape, operations};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, ETAG};
use serde_json::{Value, json};
use tests::place;

use super::{app, ask, path};

/// What a cell of this shape is called by the script.
fn kind(shape: Shape) -> &'static str {
    match shape {
        Shape::Nullable(inner) => kind(*inner),
        Shape::Text => "text",
        Shape::Whole | Shape::Number => "number",
        Shape::Flag => "flag",
        Shape::Date => "date",
        Shape::Time => "time",
        Shape::Instant => "instant",
        other => panic!("a list has no {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_workbook_of_every_list_holds_the_typed_rows_of_its_json() {
    let app = app().await;
    let folder = tempfile::tempdir().unwrap();
    let mut books = Vec::new();
    for operation in operations().filter(|operation| operation.is_list()) {
        let address = path(&app, operation).await;
        let rows = ask(&app, operation, &address, "application/json").await.json();
        let reply = ask(&app, operation, &format!("{address}?format=xlsx"), "*/*").await;
        assert_eq!(reply.status, 200, "{address}: {}", reply.text);
        assert_eq!(reply.headers[CONTENT_TYPE], XLSX.media_type, "{address}");
        let name = operation.path.trim_start_matches('/').replace('/', "-");
        let file_name = format!("attachment; filename=\"{name}.xlsx\"");
        assert_eq!(reply.headers[CONTENT_DISPOSITION], file_name.as_str(), "{address}");
        // The same rows are the same bytes, so that a client that has them is told so.
        let again = ask(&app, operation, &address, XLSX.media_type).await;
        assert_eq!((&again.body, &again.headers[ETAG]), (&reply.body, &reply.headers[ETAG]), "{address}");

        let Shape::List(Shape::Object(row)) = operation.answer else { panic!("{address} is no list") };
        let file = folder.path().join(format!("{name}.xlsx"));
        fs::write(&file, &reply.body).unwrap();
        let columns: Vec<Value> =
            row.fields.iter().map(|field| json!([field.name, kind(field.shape), field.doc.trim()])).collect();
        books.push(
            json!({"file": file, "sheet": &name[..name.len().min(31)], "columns": columns, "rows": rows}),
        );
    }
    // A list of no rows too.
    let none = "/compliance/checks?from=1999-01-01&to=1999-01-01&format=xlsx";
    let checks = operations().find(|operation| operation.path == "/compliance/checks").unwrap();
    let file = folder.path().join("none.xlsx");
    fs::write(&file, ask(&app, checks, none, "*/*").await.body).unwrap();
    let columns = books.iter().find(|book| book["sheet"] == "compliance-checks").unwrap()["columns"].clone();
    books.push(json!({"file": file, "sheet": "compliance-checks", "columns": columns, "rows": []}));

    let list = folder.path().join("books.json");
    fs::write(&list, serde_json::to_vec(&books).unwrap()).unwrap();
    let script = place::root().join("tests/check_workbooks.py");
    let output = Command::new(place::python_program("python")).arg(script).arg(&list).output().unwrap();
    let (said, complained) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}{complained}");
    let cells: usize = said.split(' ').next().unwrap().parse().unwrap_or_else(|_| panic!("{said}"));
    assert!(cells > 5000, "too few cells: {said}");
}
