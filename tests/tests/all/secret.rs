//! The ERP's address out of a secret, read from an independent Secrets Manager.

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_secretsmanager::primitives::Blob;
use extractor_function::secret::{read, source_db};
use tests::moto::Moto;

fn client(moto: &Moto) -> Client {
    let config = aws_sdk_secretsmanager::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(Credentials::new(Moto::KEY, Moto::KEY, None, None, "test"))
        .endpoint_url(&moto.endpoint)
        .build();
    Client::from_conf(config)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_secret_holds_the_address() {
    let moto = Moto::start().await;
    let service = client(&moto);
    let address = "mssql://pipeline_reader:Quay%40Side7@erp.example:1433/factory";
    service.create_secret().name("tideline/erp").secret_string(format!("{address}\n")).send().await.unwrap();
    service.create_secret().name("bytes").secret_binary(Blob::new(b"Quay".to_vec())).send().await.unwrap();
    assert_eq!(read(&service, "tideline/erp").await.unwrap(), address);
    let missing = read(&service, "tideline/other").await.unwrap_err().to_string();
    assert!(
        missing.starts_with(
            "the secret `tideline/other`, which SOURCE_DB names, cannot be read: ResourceNotFoundException"
        ),
        "{missing}"
    );
    assert!(read(&service, "bytes").await.unwrap_err().to_string().contains("holds no text"));
}

#[tokio::test]
async fn an_address_is_not_looked_up() {
    for says in [None, Some("sqlite://data/erp.db".to_owned()), Some(String::new())] {
        assert_eq!(source_db(says.clone()).await.unwrap(), says);
    }
}

#[tokio::test]
async fn a_connection_string_is_not_taken_for_a_name_and_not_shown() {
    for says in
        ["Server=erp;User Id=reader;Password=Quay", "reader:Quay@erp.example:1433/factory", "reader:Quay@erp"]
    {
        let error = source_db(Some(says.to_owned())).await.unwrap_err().to_string();
        assert!(
            error.starts_with("SOURCE_DB is neither an address nor the name of a secret")
                && !error.contains("Quay"),
            "{error}"
        );
    }
}
