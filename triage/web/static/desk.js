// Comfort only: everything on the desk works without these files.
import { editor } from "./editor.js";
import { evidence } from "./evidence.js";
import { keys } from "./keys.js";
import { live } from "./live.js";
import { countdowns } from "./tray.js";

keys();
evidence();
const draft = editor();
live(draft, countdowns());
