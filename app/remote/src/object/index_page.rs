//! The pages by which web servers list a folder: links to what is in it.

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

/// What is not written as it is in the path of a URL.
const NOT_IN_A_PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'`')
    .add(b'{')
    .add(b'}');

/// A path as it stands in a URL.
pub(super) fn encoded(path: &str) -> String {
    utf8_percent_encode(path, NOT_IN_A_PATH).to_string()
}

/// The names of the files and folders that a page links to; those of folders end with a slash. Links to anywhere else,
/// and those that sort the page, are left out.
pub(super) fn names(page: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut rest = page;
    while let Some(at) = rest.find("href=") {
        rest = &rest[at + "href=".len()..];
        let Some(quote) = rest.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
            continue;
        };
        let Some((link, after)) = rest[1..].split_once(quote) else {
            break;
        };
        rest = after;
        names.extend(name(link));
    }
    names.sort();
    names.dedup();
    names
}

fn name(link: &str) -> Option<String> {
    let link = link
        .replace("&amp;", "&")
        .replace("&#x27;", "'")
        .replace("&quot;", "\"");
    let link = link.strip_prefix("./").unwrap_or(&link);
    let (stem, slash) = match link.strip_suffix('/') {
        Some(stem) => (stem, "/"),
        None => (link, ""),
    };
    if stem.is_empty() || stem.contains(['/', '?', '#', ':']) {
        return None;
    }
    let name = percent_decode_str(stem).decode_utf8().ok()?;
    let is_in_folder = !matches!(&*name, "." | "..") && !name.contains('/');
    is_in_folder.then(|| format!("{name}{slash}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_of_a_folder_are_names() {
        let page = r##"<a href="../">..</a><a href="?C=M;O=A">by time</a><a href="/">/</a> <a class=x href='a%20b.csv'>
            <a href="run-1/">run-1/</a><a href="https://elsewhere/x">x</a><a href="%2e%2e">up</a><a href="..%2fx"></a>
            <a href="./m&amp;m.jsonl">m</a><a href="a%20b.csv">again</a><a href="#top">t</a><a href=unquoted>"##;
        assert_eq!(names(page), ["a b.csv", "m&m.jsonl", "run-1/"]);
        assert_eq!(encoded("a b/c#1?%.csv"), "a%20b/c%231%3F%25.csv");
    }
}
