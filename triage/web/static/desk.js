// Comfort only: everything on the desk works without these files.
import { copying } from "./copy.js";
import { editor } from "./editor.js";
import { evidence } from "./evidence.js";
import { keys } from "./keys.js";
import { live } from "./live.js";
import { countdowns } from "./tray.js";

keys();
copying();
evidence();
const draft = editor();
live(draft, countdowns());
