//! Writes every page with invented data in both languages to a folder, to look at and to photograph:
//! `cargo run -p tg-console --example gallery -- FOLDER`, then open `FOLDER/index.html`.

#[path = "../tests/sample/mod.rs"]
mod sample;

use std::{env, fs, io, path::Path};
use tg_text::Lang;

fn main() -> io::Result<()> {
    let folder = env::args().nth(1).unwrap_or_else(|| "target/gallery".into());
    let folder = Path::new(&folder);
    fs::create_dir_all(folder.join("assets"))?;
    for asset in tg_console::assets() {
        fs::write(folder.join(asset.path.trim_start_matches('/')), asset.bytes)?;
    }
    let policy = format!(
        r#"<meta http-equiv="Content-Security-Policy" content="{}">"#,
        tg_console::CONTENT_SECURITY_POLICY.replace("; frame-ancestors 'none'", "")
    );
    let mut index = String::from("<!doctype html><meta charset=utf-8><title>Gallery</title>");
    for (lang, tag) in [(Lang::Zh, "zh"), (Lang::En, "en")] {
        for (name, markup) in sample::pages(lang) {
            let page = markup.into_string().replacen("<head>", &format!("<head>{policy}"), 1);
            let file = format!("{name}-{tag}.html");
            index += &format!("<p><a href=\"{file}\">{file}</a> {} bytes", page.len());
            fs::write(folder.join(file), page)?;
        }
    }
    fs::write(folder.join("index.html"), index)
}
