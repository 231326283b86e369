// The bundle of the scan page, beside main.js: working without network.
import "./door_kept_page.js";
import "./door_offline.js";
