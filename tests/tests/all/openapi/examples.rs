//! Checks the description, and its examples by the very schemas that they illustrate.

use std::process::Command;

use api::operations;
use tests::place;

/// The judges are not ours: OpenAPI's own schema for the document, JSON Schema for each example.
#[test]
fn the_description_is_valid_and_every_example_in_it_is() {
    let file = tempfile::NamedTempFile::new().unwrap();
    serde_json::to_writer(&file, &health_function::openapi::document()).unwrap();
    let script = place::root().join("tests/check_openapi.py");
    let output = Command::new(place::python_program("python")).arg(script).arg(file.path()).output().unwrap();
    let (said, complained) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}{complained}");
    let checked: usize = said.split(' ').next().unwrap().parse().unwrap_or_else(|_| panic!("{said}"));
    assert!(checked >= operations().count() * 5, "too few examples: {said}");
}
