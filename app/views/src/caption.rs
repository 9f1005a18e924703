//! Captions, written sentence by sentence.

/// A caption: its sentences are joined by one space, each ends with a full stop, and empty ones are skipped.
#[derive(Clone, Debug, Default)]
pub(crate) struct Caption(String);

impl Caption {
    /// A caption that begins with a sentence.
    pub(crate) fn new(first: impl AsRef<str>) -> Self {
        Self::default().sentence(first)
    }

    /// Appends a sentence, or several in one text; the last full stop may be left out.
    pub(crate) fn sentence(mut self, sentence: impl AsRef<str>) -> Self {
        let sentence = sentence.as_ref().trim();
        if sentence.is_empty() {
            return self;
        }
        if !self.0.is_empty() {
            self.0.push(' ');
        }
        self.0.push_str(sentence);
        if !sentence.ends_with(['.', '?', '!']) {
            self.0.push('.');
        }
        self
    }

    /// Appends a sentence where `condition` holds; it is written only then.
    pub(crate) fn sentence_if<S: AsRef<str>>(
        self,
        condition: bool,
        sentence: impl FnOnce() -> S,
    ) -> Self {
        if condition {
            self.sentence(sentence())
        } else {
            self
        }
    }

    /// Appends each of several sentences.
    pub(crate) fn sentences<S: AsRef<str>>(self, sentences: impl IntoIterator<Item = S>) -> Self {
        sentences.into_iter().fold(self, Self::sentence)
    }

    /// Appends the sentences of another caption that are not in this one, as those on how the lines of two panels are averaged.
    pub(crate) fn and_new_ones_of(self, other: &str) -> Self {
        let known: Vec<String> = sentences(&self.0).map(str::to_owned).collect();
        let new = sentences(other).filter(|sentence| !known.iter().any(|known| known == sentence));
        self.sentences(new)
    }

    /// The text.
    pub(crate) fn into_text(self) -> String {
        self.0
    }
}

/// The sentences of a caption, without their full stops.
fn sentences(caption: &str) -> impl Iterator<Item = &str> {
    caption.trim_end_matches('.').split(". ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_joined_by_one_space_and_end_with_a_full_stop() {
        let caption = Caption::new("Loss by step")
            .sentence(" Smoothed over 5 points.")
            .sentence("")
            .sentence("  ")
            .sentence_if(true, || "Logarithmic (x)")
            .sentence_if(false, || -> &str {
                unreachable!("written only where it holds")
            })
            .sentences(["1 run is left out", "2 gaps."]);
        assert_eq!(
            caption.into_text(),
            "Loss by step. Smoothed over 5 points. Logarithmic (x). 1 run is left out. 2 gaps."
        );
    }

    #[test]
    fn what_two_captions_say_is_said_once() {
        let caption = Caption::new("loss_D for 2 runs, lowest 0.5. Lines: means")
            .and_new_ones_of("loss_G for 2 runs, lowest 1.5. Lines: means. 1 run is left out.");
        assert_eq!(
            caption.into_text(),
            "loss_D for 2 runs, lowest 0.5. Lines: means. loss_G for 2 runs, lowest 1.5. 1 run is left out."
        );
    }

    #[test]
    fn a_caption_can_be_empty() {
        assert_eq!(Caption::default().into_text(), "");
        assert_eq!(Caption::new("").sentence("a").into_text(), "a.");
    }
}
