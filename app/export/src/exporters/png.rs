use crate::{
    error::ExportError,
    exporter::{Content, Exporter, SummaryUse},
    job::ExportJob,
    png,
};

/// A figure as pixels.
#[derive(Debug)]
pub(super) struct Png;

impl Exporter for Png {
    fn name(&self) -> &'static str {
        "PNG picture"
    }

    fn endings(&self) -> &'static [&'static str] {
        &["png"]
    }

    fn content(&self) -> Content {
        Content::Picture
    }

    fn summary_use(&self) -> Option<SummaryUse> {
        Some(SummaryUse::Thumbnail)
    }

    fn encode(&self, job: &ExportJob<'_>) -> Result<Vec<u8>, ExportError> {
        let job = job.figure(self.name())?;
        let mut texts = vec![
            ("Title", job.scene.title.as_str()),
            ("Description", job.scene.caption.as_str()),
        ];
        texts.extend(job.picture.software.map(|software| ("Software", software)));
        let texts_of_job = job.texts.iter();
        texts.extend(texts_of_job.map(|(keyword, text)| (*keyword, text.as_str())));
        png::encode(&job.draw_figure()?, job.picture.dots_per_inch, &texts)
    }
}
