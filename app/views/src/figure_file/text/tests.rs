use super::*;
use crate::VIEWS;

fn figure(view: ViewKind) -> FigureFile {
    FigureFile {
        inputs: vec![PathBuf::from("/runs/a b")],
        reading: Reading {
            roles: vec!["loss=train/loss".to_owned()],
            pattern: Some(r"loss (?<loss>\S+)".to_owned()),
            ..Reading::default()
        },
        view,
        settings: ViewSettings {
            runs: Some(BTreeSet::from(["run \"1\"".to_owned()])),
            steps: Some((f64::NEG_INFINITY, 20.5)),
            at_step: Some(0.1),
            ..ViewSettings::default()
        },
        theme: ThemeName::Dark,
        camera: CameraAngles {
            azimuth_degrees: Some(-37.1),
            roll_degrees: 3.3,
            orthographic: true,
            ..CameraAngles::default()
        },
        page: Page {
            font_pt: Some(6.3),
            caption: false,
            ..Page::new([640, 480], 450.0)
        },
    }
}

fn value_for(control: &Control) -> Value {
    match control.kind {
        Kind::Switch(default) => Value::Switch(default != Some(true)),
        Kind::Number(number) => Value::Number(number.range[0]),
        Kind::Choice { options, .. } => Value::from(options[0].0),
        Kind::Colours => Value::from("batlow"),
        Kind::Key { .. } | Kind::Text => Value::from("train/\"loss\"\n"),
        Kind::Keys => Value::Keys(vec!["a".to_owned(), "b".to_owned()]),
        Kind::Scales(axes) => {
            let mut scales = [None; 3];
            scales[axes[0]] = Some(true);
            Value::Scales(scales)
        }
        Kind::Ranges => Value::Ranges([None, Some([f64::NEG_INFINITY, 0.5]), Some([0.1, 1e9])]),
    }
}

#[test]
fn every_setting_of_every_view_survives() {
    for view in VIEWS {
        let mut figure = figure(view);
        for control in view.controls() {
            let value = value_for(control);
            view.set(&mut figure.settings, control.name, value).unwrap();
        }
        let text = figure.to_toml().unwrap();
        let read = FigureFile::from_toml(&text, Path::new("/elsewhere")).unwrap();
        assert_eq!(read, figure, "{text}");
        assert_eq!(read.to_toml().unwrap(), text);
    }
}

#[test]
fn relative_paths_are_beside_the_file() {
    let mut relative = figure(VIEWS[0]);
    relative.inputs = vec![PathBuf::from("run"), PathBuf::from("-")];
    let text = relative.to_toml().unwrap();
    let read = FigureFile::from_toml(&text, Path::new("/folder")).unwrap();
    assert_eq!(read.inputs, [Path::new("/folder/run"), Path::new("-")]);
}

#[test]
fn what_is_wrong_is_one_sentence() {
    let text = figure(VIEWS[0]).to_toml().unwrap();
    let why = |text: &str| {
        FigureFile::from_toml(text, Path::new(""))
            .unwrap_err()
            .to_string()
    };
    for (from, to, wanted) in [
        (
            "figure = 1",
            "figure = 2",
            "it is a figure file of version 2, and this program reads version 1",
        ),
        (
            "figure = 1",
            "",
            "it is not a figure file: it has no `figure = 1`",
        ),
        (
            "figure = 1",
            "figure = 1\ncolour = 3",
            "line 3: unknown field `colour`",
        ),
        ("dpi = 450.0", "dpi = 1e9", "`dpi` must be from 20 to 2400"),
        (
            "size = [640, 480]",
            "size = [0, 480]",
            "`size` must be two numbers of pixels from 1 to 32768",
        ),
        (
            "theme = \"dark\"",
            "theme = \"pink\"",
            "unknown variant `pink`",
        ),
        (
            "view = \"loss-surface\"",
            "view = \"loss\"",
            "no view is called `loss`",
        ),
        (
            "[page]",
            "[controls]\nopacity = 7\n[page]",
            "`opacity` takes a number from 0 to 1",
        ),
        (
            "[page]",
            "[controls]\nopaque = 7\n[page]",
            "has no setting called `opaque`",
        ),
        ("[page]", "[page", "line 10: "),
    ] {
        assert!(text.contains(from), "{from} in {text}");
        let error = why(&text.replacen(from, to, 1));
        assert!(error.contains(wanted), "{error}");
        assert!(!error.contains('\n'), "{error}");
    }
}
