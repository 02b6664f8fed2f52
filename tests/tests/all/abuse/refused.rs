//! What is refused before anybody looks at what is asked.

use tests::factory::Factory;
use tideline::s3::Server;

use super::program::Program;
use super::raw::{answer, status};

#[tokio::test(flavor = "multi_thread")]
async fn a_request_names_one_host_and_no_answer_is_taken_for_another_type() {
    let factory = Factory::without_erp("2026-11-20T14:00:00").await;
    let program = Program::serve(factory.folder.path(), None);
    let storage = Server::start(&factory.folder.path().join("storage")).await.unwrap();
    let storage_addr = storage.endpoint().strip_prefix("http://").unwrap().parse().unwrap();
    for addr in [program.addr, storage_addr] {
        for (hosts, refused) in [
            (String::new(), Some(400)),
            (format!("Host: {addr}\r\nHost: {addr}\r\n"), Some(400)),
            (format!("Host: {addr}\r\nHost: evil.example\r\n"), Some(400)),
            ("Host: evil.example\r\n".to_owned(), Some(403)),
            (format!("Host: {addr}\r\n"), None),
        ] {
            for path in ["/", "/health", "/api/nothing", "/products", "/start.js"] {
                let came = answer(addr, &format!("GET {path} HTTP/1.1\r\n{hosts}\r\n")).await;
                match refused {
                    Some(refused) => assert_eq!(status(&came), refused, "{path} {hosts}"),
                    None => assert_ne!(status(&came), 400, "{path}"),
                }
                assert!(came.contains("\r\nx-content-type-options: nosniff\r\n"), "{path}: {came}");
            }
        }
    }
}
