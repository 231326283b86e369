// The bundle of every page. A behaviour does nothing on a page without its data-* hook.
import "./stepper.js";
import "./adder.js";
import "./countdown.js";
import "./copy.js";
import "./share.js";
import "./page_swap.js"; // before keep_focus.js: it sets the focus of a new page
import "./keep_focus.js";
import "./kept_typing.js";
import "./language_switch.js";
import "./map_pan.js";
import "./payment_wait.js";
import "./print.js";
import "./seatmap.js";
import "./show_password.js";
import "./seat_list.js";
import "./escape.js";
import "./running_sum.js";
import "./extension.js";
import "./door.js";
import "./door_scan_anywhere.js";
import "./door_camera.js";
import "./door_sounds.js";
import "./counter.js";
import "./stale_part.js";
