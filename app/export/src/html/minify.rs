//! Makes the viewer's scripts smaller: comments, indentation, spaces and line ends go, long names become short.
//!
//! This is no parser. It relies on the style of `assets/html`: statements end in `;` or `}`, comments stand on lines of
//! their own, in `/** */` or after two spaced slashes, and strings are in single quotes or backticks.

/// Characters beside which a space means nothing.
const PUNCTUATION: &str = ",;{}()[]=<>?:&|*!`";
/// Characters after which a line end means nothing.
const LINE_ENDS: &str = ",;{}([";
/// Names of the viewer that stand for nothing outside of its scripts, such as a key of the figure's JSON: each becomes
/// `q0`, `q1`, … in all parts.
const SHORTENED: &[&str] = &[
    "svgElement",
    "towardsEye",
    "clipFromUnit",
    "lengthInPixel",
    "onFloor",
    "linearColour",
    "inMotion",
    "pixelPerPoint",
    "targetSize",
    "textWidth",
    "colourOut",
    "axisGroup",
    "sizeInPixel",
    "floorHeight",
    "floorColour",
    "isTranslucent",
    "SLOW_FRAME_MS",
    "pageGroup",
    "markGroup",
    "superscriptWidth",
    "SUPERSCRIPT_SIZE",
    "drawPoints",
    "towardsLight",
    "vertexArray",
    "plainNumber",
    "STEPS_PER_UNIT",
    "stepMarks",
    "drawLines",
    "lineColour",
    "drawFilled",
    "DISTANCE_IN_RADII",
    "sortedFor",
    "mapColour",
    "lineCover",
    "lineArray",
    "SUPERSCRIPT_RISE",
    "SORTED_IN_MOTION",
    "PRESENT_FRAGMENT",
    "surfaceMesh",
    "markerStyle",
    "OPAQUE_FROM",
    "LARGE_CLOUD",
    "drawTranslucent",
    "TOUCH_RADIUS_PX",
    "POINTS_FRAGMENT",
    "LONG_TITLE_SIZE",
    "FRAME_BIAS_SIGN",
    "FILLED_FRAGMENT",
    "tickLength",
    "WALLS_FRAGMENT",
    "PRESENT_VERTEX",
    "PICK_RADIUS_PX",
    "LINES_FRAGMENT",
    "POINTS_VERTEX",
    "MISSING_BELOW",
    "FILLED_VERTEX",
    "triangleMesh",
    "ticksThatFit",
    "shapeElement",
    "elidedMiddle",
    "outward",
    "superscript",
    "blended",
    "pointers",
    "tickLength",
    "lineWithTicks",
    "majorTicks",
    "awayFrom",
    "layFacets",
    "wallEdges",
    "outerEdge",
    "gridLines",
    "titleLabel",
    "backSides",
    "pointLabels",
    "normals",
    "boundsOf",
    "labelsOf",
    "ticksOf",
];

/// The scripts as one, in their order. In shaders, which are strings, spaces are removed too.
pub(super) fn joined(scripts: &[&str]) -> String {
    let parts = scripts.iter().map(|script| {
        let lines = without_comments(script);
        let lines = if script.contains("#version 300 es") {
            without_spaces(&lines, false)
        } else {
            with_short_keywords(&without_spaces(&lines, true))
        };
        with_short_names(&without_line_ends(&lines))
    });
    parts.collect()
}

/// Lines without comments and indentation.
fn without_comments(script: &str) -> String {
    let mut code = String::with_capacity(script.len());
    let mut rest = script;
    while let Some((before, after)) = rest.split_once("/**") {
        code.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    code.push_str(rest);
    let lines = code.lines().map(str::trim);
    let lines = lines.filter(|line| !line.starts_with("//"));
    let lines = lines.map(|line| {
        line.split_once(" // ")
            .map_or(line, |(code, _)| code)
            .trim()
    });
    lines
        .filter(|line| !line.is_empty())
        .flat_map(|line| [line, "\n"])
        .collect()
}

fn without_spaces(code: &str, keeps_strings: bool) -> String {
    let mut kept = String::with_capacity(code.len());
    let mut quote = None;
    let mut characters = code.chars().peekable();
    while let Some(character) = characters.next() {
        match quote {
            Some(_) if character == '\\' => {
                kept.push(character);
                kept.extend(characters.next());
                continue;
            }
            Some(end) if character == end => quote = None,
            Some(_) => {}
            None if keeps_strings && matches!(character, '\'' | '`') => quote = Some(character),
            None => {
                let beside =
                    |other: Option<char>| other.is_some_and(|other| PUNCTUATION.contains(other));
                let (before, after) = (kept.chars().next_back(), characters.peek().copied());
                let is_free = beside(before) || beside(after) || is_between(before, after);
                if character == ' ' && is_free {
                    continue;
                }
            }
        }
        kept.push(character);
    }
    kept
}

/// Whether a space stands beside an operator that does not become another one, or a comment, without it.
fn is_between(before: Option<char>, after: Option<char>) -> bool {
    let is_operator = |other: Option<char>| other.is_some_and(|other| "+-/".contains(other));
    (is_operator(before) || is_operator(after)) && before != after
}

fn without_line_ends(code: &str) -> String {
    let mut joined = String::with_capacity(code.len());
    for line in code.lines() {
        joined.push_str(line);
        if !line.ends_with(|last| LINE_ENDS.contains(last)) {
            joined.push('\n');
        }
    }
    joined
}

/// `let` in place of `const`, which the type checker has already checked.
fn with_short_keywords(code: &str) -> String {
    words(code, |word| (word == "const").then(|| "let".to_owned()))
}

fn with_short_names(code: &str) -> String {
    words(code, |word| {
        let place = SHORTENED.iter().position(|long| *long == word)?;
        Some(format!("q{place}"))
    })
}

/// Replaces words of letters, digits and underscores.
fn words(code: &str, replaced: impl Fn(&str) -> Option<String>) -> String {
    let is_part = |character: char| character.is_ascii_alphanumeric() || character == '_';
    let mut result = String::with_capacity(code.len());
    let mut rest = code;
    while !rest.is_empty() {
        let end = rest
            .find(|character| !is_part(character))
            .unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        result.push_str(&replaced(word).unwrap_or_else(|| word.to_owned()));
        let next = after.find(is_part).unwrap_or(after.len());
        result.push_str(&after[..next]);
        rest = &after[next..];
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_spaces_and_line_ends_go_and_strings_stay() {
        let script = "// @ts-check\n/** Says it. @param {string} a */\nfunction f(a) {\n  const b = a + 1; // one more\n  \
                      return b > 2 ? `a , ${b}` : 'it, \\' : \"is\"';\n}\nconst c = f(1)\n  + 2;\n";
        assert_eq!(
            joined(&[script]),
            "function f(a){let b=a+1;return b>2?`a , ${b}`:'it, \\' : \"is\"';}let c=f(1)\n+2;"
        );
    }

    #[test]
    fn signs_and_quotients_stay_apart() {
        let script = "const a = b - -c + 1 / d - e;\nconst f = b + +c;\n";
        let expected = "let a=b- -c+1/d-e;let f=b+ +c;";
        assert_eq!(joined(&[script]), expected);
    }

    #[test]
    fn shaders_keep_their_version_on_a_line_and_their_constants() {
        let script = "const A = `#version 300 es\nconst vec4 B = vec4(1.0, 2.0); // corner\nvoid main() { }`;\n";
        assert_eq!(
            joined(&[script]),
            "const A=`#version 300 es\nconst vec4 B=vec4(1.0,2.0);void main(){}`;"
        );
    }

    #[test]
    fn long_names_are_shortened_as_whole_words_in_all_parts() {
        let parts = joined(&[
            "svgElement(mySvgElement, svgElements);\n",
            "let b = a.svgElement;\n",
        ]);
        assert_eq!(parts, "q0(mySvgElement,svgElements);let b=a.q0;");
    }
}
