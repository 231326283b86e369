"""What runs on the machine in the foyer: print agent, browser with its watchdog, installer.

It imports nothing of the application and is installed alone, with the packages of `requirements.txt` here.
"""

VERSION = "1"
