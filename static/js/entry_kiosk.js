// The bundle of the pages of a kiosk, beside that of every page.
import "./kiosk_agent.js";
import "./kiosk_attract.js";
import "./kiosk_gestures.js";
import "./kiosk_heartbeat.js";
import "./kiosk_idle.js";
import "./kiosk_online.js";
import "./kiosk_pairing.js";
import "./kiosk_print.js";
