//! The module order: modules import only downwards, and imports form no cycles.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};

/// The modules of `src/`, lowest first. A module imports only from the rows above its own.
const ORDER: &[&[&str]] = &[
    &["wire", "deny_reason", "issuer_name", "policy", "random"],
    &["time", "challenge"],
    &["keys", "route"],
    &["issuer"],
    &["token"],
    &["mfa", "upstream"],
    &["gate"],
    &["config", "decision"],
    &["telemetry"],
    &["cases"],
    &["host", "cli"],
];

/// A module's path, such as `["keys", "jwk"]`; the library's own is empty.
type Module = Vec<String>;

#[test]
fn modules_import_only_downwards() {
    let sources = Sources::read();
    let mut wrong = Vec::new();
    for (importer, imported) in sources.imports() {
        let (Some(from), Some(to)) = (importer.first(), imported.first()) else { continue };
        if from != to && row(to) >= row(from) {
            wrong.push(format!("{} imports {}", importer.join("::"), imported.join("::")));
        }
    }
    assert!(wrong.is_empty(), "upward imports:\n{}", wrong.join("\n"));
}

#[test]
fn imports_form_no_cycles() {
    let sources = Sources::read();
    let mut imports: BTreeMap<Module, BTreeSet<Module>> = BTreeMap::new();
    for (importer, imported) in sources.imports() {
        imports.entry(importer).or_default().insert(imported);
    }
    let mut cycles = Vec::new();
    for (importer, imported) in imports.iter().flat_map(|(importer, all)| all.iter().map(move |one| (importer, one))) {
        if reaches(&imports, imported, importer) {
            cycles.push(format!("{} -> {}", importer.join("::"), imported.join("::")));
        }
    }
    assert!(cycles.is_empty(), "imports in a cycle:\n{}", cycles.join("\n"));
}

/// Whether one module imports another, directly or indirectly.
fn reaches(imports: &BTreeMap<Module, BTreeSet<Module>>, from: &Module, to: &Module) -> bool {
    let mut seen = BTreeSet::new();
    let mut next = vec![from];
    while let Some(module) = next.pop() {
        if module == to {
            return true;
        }
        if seen.insert(module) {
            next.extend(imports.get(module).into_iter().flatten());
        }
    }
    false
}

fn row(module: &str) -> usize {
    let row = ORDER.iter().position(|row| row.contains(&module));
    row.unwrap_or_else(|| panic!("`{module}` has no row in ORDER; add one"))
}

/// The files of `src/`, by module.
struct Sources(BTreeMap<Module, PathBuf>);

impl Sources {
    fn read() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut modules = BTreeMap::new();
        let mut folders = vec![root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).expect("a folder of src") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "rs") {
                    let mut module: Module = path
                        .with_extension("")
                        .strip_prefix(&root)
                        .expect("below src")
                        .iter()
                        .map(|part| part.to_string_lossy().into_owned())
                        .collect();
                    // `main.rs` is the crate root of the command line, as `mod.rs` is the root of its folder.
                    if module.last().is_some_and(|last| ["mod", "lib", "main"].contains(&last.as_str())) {
                        module.pop();
                    }
                    modules.insert(module, path);
                }
            }
        }
        assert!(modules.len() > 50, "src has {} files", modules.len());
        Self(modules)
    }

    /// Every import outside tests: the importing module and the imported one.
    fn imports(&self) -> Vec<(Module, Module)> {
        let mut imports = Vec::new();
        for (module, path) in &self.0 {
            if module.last().is_some_and(|last| last == "tests") {
                continue;
            }
            let text = std::fs::read_to_string(path).expect("a source file");
            let file = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let mut seen = Paths { module, paths: BTreeSet::new() };
            seen.visit_file(&file);
            for path in seen.paths {
                if let Some(imported) = self.resolve(&path)
                    && imported != *module
                    // The root of the library declares every module and is imported by none.
                    && !module.is_empty()
                {
                    imports.push((module.clone(), imported));
                }
            }
        }
        imports
    }

    /// The module of a path: the longest prefix that is a file.
    fn resolve(&self, path: &[String]) -> Option<Module> {
        (1..=path.len()).rev().map(|length| path[..length].to_vec()).find(|module| self.0.contains_key(module))
    }
}

/// Collects the paths of a file that name modules of the crate, from the root of `src/`.
struct Paths<'m> {
    module: &'m Module,
    paths: BTreeSet<Module>,
}

impl Paths<'_> {
    fn add(&mut self, segments: &[String]) {
        let Some((first, rest)) = segments.split_first() else { return };
        let in_cli = self.module.first().is_some_and(|first| first == "cli");
        let mut path = match first.as_str() {
            "crate" if in_cli => vec!["cli".to_owned()],
            "crate" | "mfa_gate" => Vec::new(),
            "self" => self.module.clone(),
            "super" => self.module[..self.module.len().saturating_sub(1)].to_vec(),
            // A child of this module, or a foreign crate, which resolves to no file.
            child => [self.module.as_slice(), &[child.to_owned()]].concat(),
        };
        for segment in rest {
            match segment.as_str() {
                "super" => _ = path.pop(),
                _ => path.push(segment.clone()),
            }
        }
        // For a foreign crate or a name of this file, the only such prefix is this module.
        self.paths.insert(path);
    }

    fn add_use(&mut self, before: &mut Vec<String>, tree: &syn::UseTree) {
        match tree {
            syn::UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.add_use(before, &path.tree);
                before.pop();
            }
            syn::UseTree::Group(group) => group.items.iter().for_each(|item| self.add_use(before, item)),
            syn::UseTree::Name(name) if name.ident == "self" => self.add(before),
            syn::UseTree::Name(syn::UseName { ident }) | syn::UseTree::Rename(syn::UseRename { ident, .. }) => {
                self.add(&[before.as_slice(), &[ident.to_string()]].concat());
            }
            syn::UseTree::Glob(_) => self.add(before),
        }
    }
}

impl<'ast> Visit<'ast> for Paths<'_> {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.add_use(&mut Vec::new(), &item.tree);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if segments.len() > 1 {
            self.add(&segments);
        }
        visit::visit_path(self, path);
    }

    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {
        // `pub(in crate::config)` imports nothing.
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        let is_test = |attribute: &syn::Attribute| {
            attribute.path().is_ident("cfg")
                && attribute.parse_args::<syn::Ident>().is_ok_and(|condition| condition == "test")
        };
        if !item.attrs.iter().any(is_test) {
            visit::visit_item_mod(self, item);
        }
    }
}
