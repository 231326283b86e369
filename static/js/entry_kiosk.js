// The bundle of the pages of a kiosk, beside that of every page.
import "./kiosk_heartbeat.js";
import "./kiosk_pairing.js";
