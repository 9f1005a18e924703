// Validates GLB files with the Khronos glTF-Validator.
//
// usage: node validate_glb.js MODULES_DIR FILE...
// MODULES_DIR contains `node_modules/gltf-validator`. Prints one JSON object per file, in order:
// {"errors", "warnings", "messages": [...]}.

const fs = require("fs");
const path = require("path");

const [modules, ...files] = process.argv.slice(2);
const validator = require(path.join(path.resolve(modules), "node_modules", "gltf-validator"));

async function main() {
  for (const file of files) {
    const report = await validator.validateBytes(new Uint8Array(fs.readFileSync(file)), {
      uri: path.basename(file),
      maxIssues: 20,
    });
    const { numErrors: errors, numWarnings: warnings, messages } = report.issues;
    console.log(JSON.stringify({ errors, warnings, messages }));
  }
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
