//! The files that follow from the declarations are as the declarations would have them now.

use tests::generated::{Generated, files};

#[tokio::test(flavor = "multi_thread")]
async fn every_generated_file_is_what_the_declarations_say() {
    let stale: Vec<String> =
        files().await.unwrap().iter().filter(|file| file.kept() != file.text).map(first_difference).collect();
    assert!(
        stale.is_empty(),
        "{}\nrun `cargo xtask generate`, and look at what it changes",
        stale.join("\n")
    );
}

fn first_difference(file: &Generated) -> String {
    let kept = file.kept();
    let (mut now, mut kept) = (file.text.lines(), kept.lines());
    for number in 1.. {
        let pair = (now.next(), kept.next());
        if pair.0 != pair.1 || pair.0.is_none() {
            let [now, kept] = [pair.0, pair.1].map(|line| line.unwrap_or("the end").trim());
            return format!("`{}` is stale at line {number}: `{now}` instead of `{kept}`", file.path);
        }
    }
    unreachable!("lines end")
}
