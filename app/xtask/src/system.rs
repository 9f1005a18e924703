//! The system packages that a minimal Debian or Ubuntu lacks. On other systems nothing is installed.

use std::{
    env, fs,
    io::IsTerminal as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::{failure::Failure, process};

/// A requirement of a command, and the packages that provide it.
pub(crate) struct Requirement {
    /// Its name in messages.
    name: &'static str,
    packages: &'static [&'static str],
    is_met: fn() -> bool,
}

/// Any Vulkan driver, and the Vulkan loader.
pub(crate) const VULKAN: Requirement = Requirement {
    name: "a Vulkan driver",
    packages: &["libvulkan1", "mesa-vulkan-drivers"],
    is_met: || has_library("libvulkan.so.1") && vulkan_manifests().next().is_some(),
};

/// Mesa's software driver: the tests compare images, which differ between GPUs.
pub(crate) const SOFTWARE_VULKAN: Requirement = Requirement {
    name: "Mesa's software Vulkan driver",
    packages: &["libvulkan1", "mesa-vulkan-drivers"],
    is_met: || {
        has_library("libvulkan.so.1") && vulkan_manifests().any(|name| name.starts_with("lvp_icd"))
    },
};

/// The libraries that a window loads.
pub(crate) const WINDOW: Requirement = Requirement {
    name: "the X11 and Wayland client libraries",
    packages: &[
        "libwayland-client0",
        "libx11-6",
        "libx11-xcb1",
        "libxcursor1",
        "libxi6",
        "libxkbcommon-x11-0",
        "libxrandr2",
    ],
    is_met: || {
        [
            "libwayland-client.so.0",
            "libX11.so.6",
            "libX11-xcb.so.1",
            "libXcursor.so.1",
            "libXi.so.6",
            "libxkbcommon-x11.so.0",
            "libXrandr.so.2",
        ]
        .into_iter()
        .all(has_library)
    },
};

/// A virtual display, for the tests of the window.
pub(crate) const VIRTUAL_DISPLAY: Requirement = Requirement {
    name: "a virtual display",
    packages: &["xvfb", "xdotool"],
    is_met: || process::find("Xvfb").is_some() && process::find("xdotool").is_some(),
};

/// Runs the Khronos validator of GLB files and the type checker of the pages' viewer.
pub(crate) const NODE: Requirement = Requirement {
    name: "Node.js with npm",
    packages: &["nodejs", "npm"],
    is_met: || process::find("node").is_some() && process::find("npm").is_some(),
};

/// Reads the PDF files that the tests write.
pub(crate) const PDF_READER: Requirement = Requirement {
    name: "Poppler's programs",
    packages: &["poppler-utils"],
    is_met: || {
        ["pdffonts", "pdftotext", "pdftoppm"]
            .into_iter()
            .all(|program| process::find(program).is_some())
    },
};

/// Runs the loggers' readers.
pub(crate) const PYTHON: Requirement = Requirement {
    name: "Python with venv",
    packages: &["python3", "python3-venv"],
    is_met: || {
        Command::new("python3")
            .args(["-c", "import ensurepip, venv"])
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    },
};

/// Serves runs by ssh in the tests.
pub(crate) const SSH_SERVER: Requirement = Requirement {
    name: "OpenSSH's client and server",
    packages: &["openssh-client", "openssh-server"],
    is_met: || {
        let is_there = |program| Path::new("/usr/sbin").join(program).is_file();
        process::find("ssh").is_some() && (process::find("sshd").is_some() || is_there("sshd"))
    },
};

/// Opens exported pages.
pub(crate) const CHROMIUM: Requirement = Requirement {
    name: "Chromium",
    packages: &["chromium"],
    is_met: || {
        ["chromium", "chromium-browser", "google-chrome"]
            .into_iter()
            .any(|name| process::find(name).is_some())
    },
};

/// Installs the missing packages; does nothing if none is missing, and on systems other than Linux.
pub(crate) fn ensure(requirements: &[&Requirement]) -> Result<(), Failure> {
    if !cfg!(target_os = "linux") {
        return Ok(());
    }
    let missing: Vec<&Requirement> = requirements
        .iter()
        .copied()
        .filter(|requirement| !(requirement.is_met)())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = missing.iter().map(|requirement| requirement.name).collect();
    let names = names.join(", ");
    let mut packages: Vec<&str> = missing
        .iter()
        .flat_map(|requirement| requirement.packages.iter().copied())
        .collect();
    packages.sort_unstable();
    packages.dedup();
    let by_hand = format!(
        "apt-get update && apt-get install -y --no-install-recommends {}",
        packages.join(" ")
    );
    let Some(apt) = process::find("apt-get") else {
        return Err(format!(
            "{names} is missing and this system has no apt-get: install the equivalents of Debian's {}",
            packages.join(", ")
        ));
    };
    let Some(prefix) = privilege() else {
        return Err(format!(
            "{names} is missing and only root can install it: run `{by_hand}` as root"
        ));
    };
    eprintln!("xtask: installing {names}: {}", packages.join(" "));
    let run = |arguments: &[&str]| -> Result<(), Failure> {
        let mut words = prefix.clone();
        words.extend(["env", "DEBIAN_FRONTEND=noninteractive"].map(str::to_owned));
        words.push(apt.to_string_lossy().into_owned());
        words.extend(arguments.iter().map(|&word| word.to_owned()));
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]);
        // sudo may have to ask for a password; apt-get itself must not ask for anything.
        if prefix.is_empty() {
            command.stdin(Stdio::null());
        }
        process::run(&mut command)
    };
    run(&["update", "-qq"])
        .and_then(|()| {
            let mut arguments = vec!["install", "-y", "-qq", "--no-install-recommends"];
            arguments.extend(&packages);
            run(&arguments)
        })
        .map_err(|failure| {
            format!("{names} could not be installed ({failure}): run `{by_hand}` as root")
        })
}

/// The prefix of a command that needs root privileges; `None` if they cannot be obtained.
fn privilege() -> Option<Vec<String>> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        if fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0) {
            return Some(Vec::new());
        }
    }
    process::find("sudo")?;
    let mut words = vec!["sudo".to_owned()];
    if !std::io::stdin().is_terminal() {
        words.push("-n".to_owned());
        let may = Command::new("sudo")
            .args(["-n", "true"])
            .stderr(Stdio::null())
            .status();
        if !may.is_ok_and(|status| status.success()) {
            return None;
        }
    }
    Some(words)
}

/// Names of the manifests through which the Vulkan loader finds drivers.
fn vulkan_manifests() -> impl Iterator<Item = String> {
    let from_variable = ["VK_DRIVER_FILES", "VK_ICD_FILENAMES", "VK_ADD_DRIVER_FILES"]
        .into_iter()
        .filter_map(env::var_os)
        .flat_map(|paths| env::split_paths(&paths).collect::<Vec<_>>());
    let home = env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let mut folders: Vec<PathBuf> = ["/etc", "/usr/local/etc", "/usr/share", "/usr/local/share"]
        .map(PathBuf::from)
        .to_vec();
    folders.extend([home.join(".config"), home.join(".local/share")]);
    for variable in [
        "XDG_DATA_DIRS",
        "XDG_CONFIG_DIRS",
        "XDG_DATA_HOME",
        "XDG_CONFIG_HOME",
    ] {
        if let Some(paths) = env::var_os(variable) {
            folders.extend(env::split_paths(&paths));
        }
    }
    let in_folders = folders.into_iter().flat_map(|folder| {
        fs::read_dir(folder.join("vulkan/icd.d"))
            .into_iter()
            .flatten()
            .filter_map(Result::ok)
            .map(|entry| entry.path())
            .collect::<Vec<_>>()
    });
    from_variable
        .chain(in_folders)
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
                && path.exists()
        })
        .filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned()))
}

/// True if the dynamic linker finds a library.
fn has_library(name: &str) -> bool {
    let cached = ["ldconfig", "/sbin/ldconfig", "/usr/sbin/ldconfig"]
        .into_iter()
        .find_map(|program| {
            let output = Command::new(program)
                .arg("-p")
                .stderr(Stdio::null())
                .output()
                .ok()?;
            output
                .status
                .success()
                .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
        });
    if cached.is_some_and(|list| list.lines().any(|line| line.trim_start().starts_with(name))) {
        return true;
    }
    let mut folders: Vec<PathBuf> = ["/usr/lib64", "/usr/lib", "/lib64", "/lib"]
        .map(PathBuf::from)
        .to_vec();
    folders.push(Path::new("/usr/lib").join(format!("{}-linux-gnu", env::consts::ARCH)));
    if let Some(paths) = env::var_os("LD_LIBRARY_PATH") {
        folders.extend(env::split_paths(&paths));
    }
    folders.iter().any(|folder| folder.join(name).exists())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn met_requirements_install_nothing() {
        let met = Requirement {
            name: "air",
            packages: &["no-such-package"],
            is_met: || true,
        };
        assert_eq!(ensure(&[&met]), Ok(()));
    }

    #[test]
    fn an_unknown_library_is_missing() {
        assert!(!has_library("libtrainscape-does-not-exist.so.7"));
    }
}
