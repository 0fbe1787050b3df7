//! Additions to files of lines, .gitignore and .env.example, that leave what is there as it is.

/// A name in the example of an environment.
#[derive(Clone, Copy, Debug)]
pub(in crate::cli) struct Variable {
    pub(in crate::cli) name: &'static str,
    /// A placeholder, never a value.
    pub(in crate::cli) value: &'static str,
    /// What it is and where it comes from; one line.
    pub(in crate::cli) comment: &'static str,
    /// A variable that may be left out is commented out.
    pub(in crate::cli) is_optional: bool,
}

/// Adds the lines that are missing. A line that takes back what one before it says (`!…`) comes after it, even where it is
/// there already: the last line that fits a file wins.
pub(in crate::cli) fn with_lines(before: &str, lines: &[&str]) -> String {
    let mut missing = Vec::new();
    for line in lines {
        let is_there = before.lines().any(|there| there.trim() == *line);
        if !is_there || (line.starts_with('!') && !missing.is_empty()) {
            missing.push((*line).to_owned());
        }
    }
    appended(before, &missing)
}

/// Adds the variables whose names are missing. A name that is commented out is there.
pub(in crate::cli) fn with_variables(before: &str, variables: &[Variable]) -> String {
    let missing = variables.iter().filter(|variable| !names(before).any(|name| name == variable.name));
    let lines: Vec<String> = missing.flat_map(|variable| lines_of(*variable)).collect();
    appended(before, lines.strip_prefix(&[String::new()]).unwrap_or(&lines))
}

fn lines_of(Variable { name, value, comment, is_optional }: Variable) -> [String; 3] {
    let mark = if is_optional { "# " } else { "" };
    [String::new(), format!("# {comment}"), format!("{mark}{name}={value}")]
}

/// The names that a text gives values to, in comments too.
fn names(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| {
        let line = line.trim_start_matches([' ', '\t', '#']);
        let (name, _) = line.strip_prefix("export ").unwrap_or(line).split_once('=')?;
        Some(name.trim())
    })
}

/// The text and these lines, in a paragraph of their own, with the line ends that the text has.
fn appended(before: &str, lines: &[String]) -> String {
    if lines.is_empty() {
        return before.to_owned();
    }
    let end = if before.contains("\r\n") { "\r\n" } else { "\n" };
    let blank = end.repeat(2);
    let mut text = before.to_owned();
    if !before.is_empty() {
        text.push_str(if before.ends_with('\n') { end } else { &blank });
    }
    for line in lines {
        text.push_str(line);
        text.push_str(end);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINES: [&str; 2] = [".env*", "!.env.example"];

    #[test]
    fn lines_are_added_where_they_are_missing_and_the_exception_comes_last() {
        let cases = [
            ("", ".env*\n!.env.example\n"),
            ("dist\n", "dist\n\n.env*\n!.env.example\n"),
            ("dist", "dist\n\n.env*\n!.env.example\n"),
            ("dist\r\n", "dist\r\n\r\n.env*\r\n!.env.example\r\n"),
            (".env*\n", ".env*\n\n!.env.example\n"),
            ("!.env.example\n", "!.env.example\n\n.env*\n!.env.example\n"),
            (" .env*\n!.env.example \n", " .env*\n!.env.example \n"),
        ];
        for (before, after) in cases {
            assert_eq!(with_lines(before, &LINES), after, "{before:?}");
            assert_eq!(with_lines(after, &LINES), after, "{before:?}, again");
        }
    }

    #[test]
    fn variables_are_added_where_their_name_is_missing() {
        let variable = |name, is_optional| Variable { name, value: "…", comment: "why", is_optional };
        let variables = [variable("A", false), variable("B", true)];
        let cases = [
            ("", "# why\nA=…\n\n# why\n# B=…\n"),
            ("A=1\n", "A=1\n\n# why\n# B=…\n"),
            ("export A=1\n#B=2\n", "export A=1\n#B=2\n"),
            ("AA=1\nX=A=1", "AA=1\nX=A=1\n\n# why\nA=…\n\n# why\n# B=…\n"),
        ];
        for (before, after) in cases {
            assert_eq!(with_variables(before, &variables), after, "{before:?}");
            assert_eq!(with_variables(after, &variables), after, "{before:?}, again");
        }
    }
}
